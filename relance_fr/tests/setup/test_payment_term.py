from odoo import Command, fields
from odoo.tests import Form, freeze_time, tagged

from ..screens import ScreenCommon

INVOICE = "2026-01-02"
GENERAL, SECTOR, PUBLIC, PUBLIC_LONGER = "C. com. L441-10 I", "C. com. L441-11 II", "CCP R2192-10", "CCP R2192-11"


@tagged("post_install", "-at_install")
@freeze_time("2026-01-05")
class TestPaymentTerm(ScreenCommon):
    """An invoice due later than the law allows says so, with the article; nothing is blocked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = cls._create_debtor("Commune de Sainte-Foy", relance_regime="public")

    @classmethod
    def _term(cls, *lines, **vals):
        """Create a payment term of ``lines``: (days, way of counting, day of the next month)."""
        parts = [100 / len(lines)] * len(lines)
        return cls.env["account.payment.term"].create(
            {
                "name": "Term",
                **vals,
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": part, "nb_days": days, "delay_type": way,
                         "days_next_month": str(day)}
                    )
                    for part, (days, way, day) in zip(parts, lines, strict=True)
                ],
            }
        )  # fmt: skip

    def _draft(self, due=None, term=None, partner=None, **vals):
        return self._create_invoice_one_line(
            price_unit=1000,
            tax_ids=[],
            partner_id=partner or self.debtor,
            invoice_date=INVOICE,
            invoice_payment_term_id=term or False,
            **({"invoice_date_due": due} if due else {}),
            **vals,
        )

    def _assert_verdict(self, move, latest, article):
        """Assert the last lawful day and the article; ``latest`` None where the invoice is lawful."""
        self.assertEqual(move.relance_term_exceeded, bool(latest))
        self.assertEqual(self._is_found(move), bool(latest), "The filter finds what the banner says.")
        if not latest:
            self.assertFalse(move.relance_term_warning)
            return
        shown = fields.Date.to_date(latest).strftime("%m/%d/%Y")
        days = (move.invoice_date_due - fields.Date.to_date(latest)).days
        self.assertIn(f"{days} days after {shown}, the legal maximum ({article}).", move.relance_term_warning)

    def _is_found(self, move):
        return move in self.env["account.move"].with_company(self.company).search(
            [("relance_term_exceeded", "=", True)]
        )

    # === THE TABLE OF THE LAW === #

    def test_due_dates_of_the_law(self):
        for due, sector, vals, latest, article in (
            ("2026-03-03", False, {}, None, GENERAL),
            ("2026-03-04", False, {}, "2026-03-03", GENERAL),
            ("2026-03-04", "wine", {}, "2026-03-03", SECTOR),
            ("2026-02-02", "transport", {}, "2026-02-01", SECTOR),
            ("2026-02-01", "transport", {}, None, SECTOR),
            ("2026-01-24", "perishable", {"delivery_date": "2025-12-24"}, "2026-01-23", SECTOR),
            ("2026-01-14", "livestock", {"delivery_date": "2025-12-24"}, "2026-01-13", SECTOR),
            ("2026-01-30", "alcohol", {"delivery_date": "2025-12-24"}, None, SECTOR),
            ("2026-03-03", "alcohol", {}, "2026-03-02", SECTOR),
        ):
            with self.subTest(due=due, sector=sector, **vals):
                self.company.relance_sector = sector
                self._assert_verdict(self._draft(due, **vals), latest, article)

    def test_end_of_month_clause(self):
        for line, due, latest in (
            ((45, "days_after_end_of_month", 0), "2026-03-17", None),
            ((46, "days_after_end_of_month", 0), "2026-03-18", "2026-03-17"),
            ((0, "days_after_end_of_next_month", 0), "2026-02-28", None),
            ((20, "days_after_end_of_next_month", 0), "2026-03-20", "2026-03-17"),
            ((45, "days_end_of_month_on_the", 0), "2026-02-28", None),
            ((60, "days_end_of_month_on_the", 0), "2026-03-31", "2026-03-03"),
            ((30, "days_end_of_month_on_the", 10), "2026-03-10", None),
            ((60, "days_end_of_month_on_the", 10), "2026-04-10", "2026-03-17"),
            ((60, "days_after", 0), "2026-03-03", None),
            ((61, "days_after", 0), "2026-03-04", "2026-03-03"),
        ):
            with self.subTest(line=line):
                move = self._draft(term=self._term(line))
                self.assertEqual(str(move.invoice_date_due), due)
                self._assert_verdict(move, latest, GENERAL)

    def test_last_instalment_counts(self):
        term = self._term((0, "days_after", 0), (90, "days_after", 0))
        self._assert_verdict(self._draft(term=term), "2026-03-03", GENERAL)

    def test_periodic_invoice(self):
        term = self._term((45, "days_after_end_of_month", 0), relance_periodic=True)
        self._assert_verdict(self._draft(term=term), "2026-02-16", GENERAL)

    def test_sector_of_the_term_comes_before_the_company_s(self):
        self.company.relance_sector = "transport"
        term = self._term((45, "days_after", 0))
        self._assert_verdict(self._draft(term=term), "2026-02-01", SECTOR)
        term.relance_sector = "general"
        self._assert_verdict(self._draft(term=term), None, GENERAL)
        term.relance_sector = "livestock"
        self._assert_verdict(self._draft(term=term), "2026-01-22", SECTOR)

    def test_public_bodies(self):
        for kind, latest, article in (
            (False, "2026-02-01", PUBLIC),
            ("authority", "2026-02-01", PUBLIC),
            ("health", "2026-02-21", PUBLIC_LONGER),
            ("undertaking", None, PUBLIC_LONGER),
        ):
            with self.subTest(kind=kind):
                self.town.relance_public_kind = kind
                self._assert_verdict(self._draft("2026-03-03", partner=self.town), latest, article)

    def test_the_time_of_a_public_body_runs_from_its_receipt(self):
        move = self._draft("2026-02-20", partner=self.town)
        self._assert_verdict(move, "2026-02-01", PUBLIC)
        move.relance_chorus_date = "2026-01-21"
        self._assert_verdict(move, None, PUBLIC)

    # === WHOM IT CONCERNS === #

    def test_nobody_else_is_concerned(self):
        consumer = self._create_debtor("Zoé Lambert", is_company=False, relance_regime="consumer")
        abroad = self._create_debtor("Bois de Namur", country_id=self.env.ref("base.be").id)
        for partner in (consumer, abroad):
            with self.subTest(partner=partner.name):
                self._assert_verdict(self._draft("2026-12-31", partner=partner), None, GENERAL)
        unknown = self._create_debtor("Sans pays", country_id=False)
        self._assert_verdict(self._draft("2026-12-31", partner=unknown), "2026-03-03", GENERAL)
        cancelled = self._draft("2026-12-31")
        cancelled.button_cancel()
        self._assert_verdict(cancelled, None, GENERAL)
        bill = self._draft("2026-12-31", move_type="in_invoice")
        self._assert_verdict(bill, None, GENERAL)

    def test_company_abroad(self):
        move = self._draft("2026-12-31")
        self._assert_verdict(move, "2026-03-03", GENERAL)
        self.company.account_fiscal_country_id = self.env.ref("base.be")
        self.env.invalidate_all()
        self._assert_verdict(move, None, GENERAL)

    def test_posted_all_the_same(self):
        move = self._draft("2026-12-31")
        move.action_post()
        self.assertEqual(move.state, "posted")
        self._assert_verdict(move, "2026-03-03", GENERAL)

    # === SCREENS === #

    def test_banner_follows_what_is_typed(self):
        with Form(self.env["account.move"].with_context(default_move_type="out_invoice")) as form:
            form.partner_id = self.debtor
            form.invoice_payment_term_id = self.env["account.payment.term"]
            form.invoice_date_due = "2026-03-01"
            self.assertFalse(form.relance_term_warning, "Without a date it is dated today, 5 January.")
            form.invoice_date_due = "2026-03-07"
            self.assertIn("1 days after 03/06/2026", form.relance_term_warning)

    def test_banner_is_for_accountants(self):
        move = self._draft("2026-12-31")
        for name, sees in (("billing", True), ("auditor", True), ("seller", False)):
            with self.subTest(user=name):
                arch, _values = self._read_screen(move, self.users[name], "form")
                self.assertEqual(bool(arch.xpath("//div[@name='relance_term_warning']")), sees)

    def test_filter_takes_a_constant_number_of_statements(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["account.move"].with_company(self.company).search([("relance_term_exceeded", "=", True)])
            return self.env.cr.sql_log_count - before

        self._draft("2026-12-31")
        count()
        few = count()
        for day in range(1, 20):
            self._draft(f"2026-12-{day:02}")
        self.assertEqual(count(), few)

    def test_hint_on_the_payment_term(self):
        lawful = self._term((45, "days_after_end_of_month", 0))
        self.assertFalse(lawful.relance_hint)
        too_long = self._term((90, "days_after", 0))
        self.assertIn("exceeds the legal maximum", too_long.relance_hint)
        self.assertIn(GENERAL, too_long.relance_hint)
        lawful.relance_periodic = True
        self.assertIn("exceeds", lawful.relance_hint)
        lawful.write({"relance_periodic": False, "relance_sector": "transport"})
        self.assertIn(SECTOR, lawful.relance_hint)
        self.company.account_fiscal_country_id = self.env.ref("base.be")
        self.env.invalidate_all()
        self.assertFalse(too_long.with_company(self.company).relance_hint)
