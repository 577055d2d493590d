from unittest.mock import patch

from odoo.tests import freeze_time, new_test_user

from .ledger_common import LedgerCommon

DUE, SENT = "2026-05-16", "2026-06-15"
NOW = "2026-06-25 10:00:00"


class DeliveryCommon(LedgerCommon):
    """Registered letters that give fifteen days, followed by a last notice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._calendar(
            {"kind": "formal", "channel_registered": True, "channel_email": False, "deadline_days": 15}, "final"
        )
        cls.formal, cls.final = cls.calendar.level_ids
        cls.company.relance_calendar_id = cls.calendar

    @classmethod
    def _letter(cls, name="Menuiserie", amount=1000, day=SENT):
        """Return a registered letter sent on ``day`` to a debtor of that name."""
        return cls._send(cls._invoice(amount, DUE, partner=cls._create_debtor(name)), day)

    def _write_on(self, day, notice, **vals):
        with freeze_time(day):
            notice.write(vals)
            self.env.flush_all()

    def _next(self, notice):
        """Return the next level of the invoice of a notice and its date, as text."""
        move = notice.line_ids.move_id
        move.invalidate_recordset()
        return move.relance_next_level_id.kind, str(move.relance_next_date)

    def _provide(self, **methods):
        """Let the provider of the company be one made of these functions, which do not get the model."""
        provider = self.registry["relance.provider.manual"]
        methods.setdefault("_accepts", lambda notice: notice.channel == "registered")
        for name, function in methods.items():
            self.startPatcher(patch.object(provider, name, lambda _model, *args, function=function: function(*args)))


class ProviderCommon(DeliveryCommon):
    """A provider that takes every registered letter, or answers what ``answer`` says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env, "provider_clerk", groups="account.group_account_invoice",
            company_id=cls.company.id, company_ids=cls.company.ids,
        )  # fmt: skip

    def setUp(self):
        super().setUp()
        self.keys = []
        self.answer = {"reference": "P1", "tracking_number": "1A 001"}

        def submit(notice):
            self.keys.append(notice._get_provider_key())
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        self._provide(_submit=submit)

    def _letter_now(self, name="Menuiserie", **vals):
        self.calendar.level_ids[0].write(vals)
        debtor = self._create_debtor(name)
        with freeze_time(NOW):
            return self._invoice(1000, DUE, partner=debtor)._relance_send_by_hand()

    def _submit(self, at=NOW):
        with freeze_time(at):
            self.env["relance.notice"]._cron_submit()
            self.env.flush_all()
