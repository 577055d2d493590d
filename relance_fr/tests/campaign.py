from contextlib import contextmanager

from .ledger_common import LedgerCommon

TODAY = "2026-06-20"


class CampaignCommon(LedgerCommon):
    """A campaign of one company, previewed on the day of the tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The payments of these stories are old: whether the bank is up to date is another subject.
        cls.company.relance_bank_max_age = 0

    def _campaign(self, **vals):
        """Return a previewed run of the company."""
        run = self.env["relance.run"].create({"company_id": self.company.id, **vals})
        run.action_preview()
        return run

    def _row(self, run, partner=None):
        """Return the row of a debtor in a run."""
        return run.debtor_ids.filtered(lambda row: row.partner_id == (partner or self.debtor))

    def _figures(self, record):
        names = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount", "credit_amount")
        return {name: record[name] for name in names}

    @contextmanager
    def assert_nothing_stays(self):
        """Assert that the block leaves no notice, no number of the register, no document and no e-mail."""
        before = self._count_traces()
        yield
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._count_traces(), before)

    def _count_traces(self):
        register = self.env["relance.register"].sudo().search([]).read(["last_numbers", "last_rank", "last_seal"])
        models = (
            "relance.notice",
            "relance.notice.line",
            "ir.attachment",
            "mail.mail",
            "mail.message",
            "mail.activity",
        )
        return register, {model: self.env[model].sudo().search_count([]) for model in models}
