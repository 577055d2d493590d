from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from ..insolvency_common import JUDGMENT, InsolvencyCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30")
class TestInsolvencySteps(InsolvencyCommon):
    """How proceedings go on: nothing is given back to dunning but what never was."""

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice(1850, "2026-05-16")
        self.hold = self._open(publication_date="2026-06-14")

    def _reason(self, day="2026-12-01"):
        return self._explain(self.invoice, day)[1]

    def test_conversion(self):
        liquidator = self.representative.copy({"name": "SCP Liquidateurs"})
        later = self._invoice(300, "2026-06-20", invoice_date="2026-06-12")
        deadline, amount = self.hold.declaration_deadline, self.hold.declaration_amount
        self._step(
            self.hold, "liquidation", "2026-06-25", publication_date="2026-06-29", administrator_id=liquidator.id
        )
        self.assertRecordValues(
            self.hold,
            [
                {
                    "insolvency_kind": "liquidation",
                    "administrator_id": liquidator.id,
                    "declaration_deadline": deadline,
                    "declaration_amount": amount,
                    "insolvency_outcome": False,
                }
            ],
        )
        self.assertEqual(str(self.hold.date_from), JUDGMENT)
        self.assertEqual(self._statement(self.invoice, "2026-06-30")[1], 14.78)
        self.assertTrue(later.amount_residual)
        notes = " ".join(str(note) for note in self.hold.activity_ids.mapped("note"))
        self.assertIn("12/29/2026", notes)
        with self.assertRaisesRegex(UserError, "of that kind already"):
            self._step(self.hold, "receivership", "2026-06-26")

    def test_later_claims_are_told_before_their_privilege_is_lost(self):
        self._invoice(300, "2026-06-20", invoice_date="2026-06-12")
        with freeze_time("2026-12-15"):
            self._step(self.hold, "liquidation", "2026-06-25", publication_date="2026-06-27")
        task = self.hold.activity_ids.filtered(lambda activity: "later invoices" in activity.summary)
        # The six months end on Sunday 27 December, after Christmas.
        self.assertEqual(str(task.date_deadline), "2026-12-24")

    def test_a_plan_or_a_closing_gives_nothing_back(self):
        for step in ("plan", "settled", "insufficient"):
            with self.subTest(step=step), self.env.cr.savepoint() as savepoint:
                self._step(self.hold, step, "2026-06-28")
                self.assertEqual((self.hold.insolvency_outcome, self.hold.state), (step, "running"))
                self.assertEqual(self._reason(), "insolvent")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_never_was(self):
        for step in ("mistake", "reversed"):
            with self.subTest(step=step), self.env.cr.savepoint() as savepoint:
                self._step(self.hold, step, "2026-06-28")
                self.assertEqual(self.hold.state, "over")
                self.assertFalse(self.hold.activity_ids)
                self.assertNotEqual(self._reason("2026-06-30"), "insolvent")
                # 1 850 x 12.15 % x 45 / 365
                self.assertEqual(self._statement(self.invoice, "2026-06-30")[1], 27.71)
                self.assertFalse(self.debtor.relance_insolvency_id)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_after_a_plan_new_proceedings(self):
        self._step(self.hold, "plan", "2026-06-20")
        self.assertEqual(self.debtor.action_relance_insolvency()["res_model"], "relance.insolvency")
        self._step(self.hold, "insufficient", "2026-06-30")
        with self.assertRaisesRegex(UserError, "entered already"):
            self._step(self.hold, "settled", "2026-06-30")

    def test_dates(self):
        for vals, message in (
            ({"date": "2026-06-09"}, "between the judgment"),
            ({"date": "2026-07-01"}, "between the judgment"),
            ({"date": "2026-06-20", "publication_date": "2026-06-19"}, "on its own day"),
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, message):
                self._step(self.hold, "liquidation", **vals)

    def test_it_does_not_just_end(self):
        user = new_test_user(
            self.env, "ender", groups="base.group_user,account.group_account_invoice", company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        hold = self.hold.with_user(user)
        with self.assertRaisesRegex(UserError, "Next Step"):
            hold.action_end()
        with self.assertRaisesRegex(UserError, "Next Step"):
            hold.date_to = "2026-06-30"
        for name in ("insolvency_outcome", "claim_sha256", "conversion_date"):
            with self.subTest(name=name), self.assertRaises(UserError):
                hold.write({name: "plan" if name == "insolvency_outcome" else False})
        self.assertEqual(self._reason(), "insolvent")

    def test_rights(self):
        auditor = new_test_user(
            self.env, "auditor", groups="base.group_user,account.group_account_readonly", company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self.env["relance.insolvency.step"].with_user(auditor).create(
                {"hold_id": self.hold.id, "step": "plan", "date": "2026-06-28"}
            )
        with self.assertRaises(AccessError):
            self.hold.with_user(auditor).action_print_claim()

    def test_vat_of_a_liquidation(self):
        taxed = self._create_invoice_one_line(
            price_unit=1000, product_id=self.product_a, tax_ids=self.tax_sale_a.ids, partner_id=self.debtor,
            invoice_date="2026-05-01", invoice_date_due="2026-05-31", invoice_payment_term_id=False, post=True,
        )  # fmt: skip
        self.assertTrue(taxed.amount_tax)
        self._step(self.hold, "liquidation", "2026-06-25")
        self._step(self.hold, "insufficient", "2026-06-30")
        vat = self.hold.activity_ids.filtered(lambda activity: "VAT" in activity.summary)
        self.assertEqual(len(vat), 1)
        self.assertIn("272", str(vat.note))
