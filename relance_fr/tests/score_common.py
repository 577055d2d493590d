from odoo.tests import freeze_time

from .ledger_common import LedgerCommon

DAY = "2026-06-20"


class ScoreCommon(LedgerCommon):
    """A debtor's past, and his profile as the nightly job leaves it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_score_min_invoices = 1

    @classmethod
    def _refresh(cls, day=DAY, company=None):
        with freeze_time(day):
            (company or cls.company)._relance_refresh_profiles()

    @classmethod
    def _profile(cls, partner=None, company=None):
        return cls.env["relance.partner.profile"].search(
            [("partner_id", "=", (partner or cls.debtor).id), ("company_id", "=", (company or cls.company).id)]
        )

    @classmethod
    def _paid_invoice(cls, amount, due, paid_on, partner=None):
        """Post an invoice due on a day, paid wholly on another (ISO dates)."""
        invoice = cls._invoice(amount, due, partner)
        cls._pay(invoice, paid_on)
        return invoice

    @classmethod
    def _segment(cls, name, domain, calendar=None, **vals):
        return cls.env["relance.segment"].create(
            {"name": name, "domain": repr(domain), "calendar_id": calendar and calendar.id, "sequence": 1, **vals}
        )

    def assert_figures(self, expected, day=DAY, partner=None):
        """Assert columns of the profile the job of ``day`` leaves."""
        self._refresh(day)
        self.assertRecordValues(self._profile(partner), [expected])
