from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ..screens import ScreenCommon

DAY = "2026-06-20"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestRegisterScreen(ScreenCommon):
    """What the register shows and what its lists can do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(1850, "2026-05-16")
        letter_only = cls._create_debtor("Transports Vasseur", email=False)
        cls.by_post = cls._invoice(700, "2026-05-20", letter_only)
        cls.notices = (cls.invoice | cls.by_post)._relance_send_by_hand()

    def test_statement_of_a_notice_is_frozen(self):
        self.standard.level_ids.filtered(lambda level: level.kind == "courtesy").charge_penalty = True
        invoice = self._invoice(1850, "2026-05-16", self._create_debtor("Hôtel Beaurivage"))
        notice = invoice._relance_send_by_hand()
        data = notice.statement_data
        self.assertEqual(sum(row["amount"] for row in data["rows"]), notice.penalty_amount)
        self.assertEqual(data["totals"]["total"], notice.total_amount)
        with freeze_time("2026-09-01"):
            notice.invalidate_recordset()
            self.assertEqual(notice.statement_data, data)

    def test_posted_today(self):
        letter = self.notices.filtered("to_post")
        self.assertEqual(letter.partner_id.name, "Transports Vasseur")
        self.notices.with_user(self.users["billing"]).action_mark_posted()
        self.assertEqual([str(notice.posted_date or "") for notice in letter], [DAY])
        self.assertFalse((self.notices - letter).posted_date)
        with self.assertRaisesRegex(UserError, "waits to be posted"):
            self.notices.action_mark_posted()

    def test_verify_register(self):
        model = self.env["relance.notice"].with_user(self.users["manager"]).with_company(self.company)
        self.assertEqual(model.action_verify_register()["params"]["type"], "success")
        self.env.cr.execute(
            "UPDATE relance_notice SET penalty_amount = 5, total_amount = total_amount + 5 WHERE id = %s",
            self.notices[:1].ids,
        )
        self.env.invalidate_all()
        params = model.action_verify_register()["params"]
        self.assertEqual(params["type"], "danger")
        self.assertIn(self.notices[0].name, params["message"])
        with self.assertRaises(UserError):
            model.with_user(self.users["billing"]).action_verify_register()

    def test_delivery_state(self):
        mailed = self.notices.filtered("mail_id").with_user(self.users["billing"])
        self.assertEqual(set(mailed.mapped("delivery_state")), {"queued"})
        mailed.sudo()._mark_failed("Mailbox full", refused=False)
        self.assertEqual(mailed.mapped("delivery_state"), ["failed"] * len(mailed))
        self.assertEqual(set(mailed.mapped("delivery_error")), {"Mailbox full"})
