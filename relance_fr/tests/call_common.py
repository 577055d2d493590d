from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user

from .screens import ScreenCommon


class CallCommon(ScreenCommon):
    """A debtor who owes two late invoices and one to come, and an accountant who calls him."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.phone = "04 78 00 00 01"
        cls.contact = cls.env["res.partner"].create(
            {"name": "Anne Lefèvre", "parent_id": cls.debtor.id, "phone": "06 12 00 00 02", "type": "relance"}
        )
        cls.late = cls._invoice(1000, "2026-05-16") | cls._invoice(500, "2026-05-20")
        cls.upcoming = cls._invoice(300, "2026-07-20")
        cls.billing = cls.users["billing"]
        cls.colleague = new_test_user(
            cls.env,
            "relance_colleague",
            groups="base.group_user,account.group_account_manager,base.group_system",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    @classmethod
    def _dialog(cls, record, user=None):
        """Return the values that the dialog opened from ``record`` starts with, as a web client gets them."""
        record = record.with_user(user or cls.billing).with_company(cls.company)
        action = record.action_relance_log_call()
        assert (action["res_model"], action["target"]) == ("relance.call", "new")
        return record.env["relance.call"].with_context(**action["context"])

    @classmethod
    def _log(cls, outcome, record=None, user=None, **vals):
        """Log a call from the dialog of ``record``, the debtor by default, at the frozen time."""
        dialog = cls._dialog(record if record is not None else cls.debtor, user)
        # The date of creation is the database's, whose clock is not frozen.
        with patch.object(cls.env.cr, "_now", fields.Datetime.now()):
            return dialog.create({"outcome": outcome, **vals})
