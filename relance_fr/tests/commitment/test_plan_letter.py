from lxml import html
from odoo.tests import freeze_time, tagged

from ..letter_common import LetterCommon, _plain
from ..plan_common import DUE, SIGNATURE, PlanCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30")
class TestPlanLetter(LetterCommon, PlanCommon):
    """What the letter of a plan says, in the debtor's language, and that its figures add up."""

    def _words(self, plan):
        body = html.fromstring(plan._render_letters()[plan.id].decode()).find("body")
        for block in body.iter("div", "p", "td", "th", "h2", "br"):
            block.tail = f" {block.tail or ''}"
        return _plain(body.text_content())

    def test_debt_schedule_and_clauses(self):
        plan = self._plan(self._invoice(1850, DUE), 3, "2026-07-10", include_penalties=True, given_by="Claire Martin")
        words = self._words(plan)
        for text in (
            "Ateliers Bérénice", "Claire Martin", plan.move_ids.name, "1,850.00", "27.71", "40.00", "1,917.71",
            "July 10, 2026", "639.24", "639.23", "art. 2240", "art. 1330", "déchéance du terme", "Bon pour accord",
            "FR76 3000 6000 0112 3456 7890 189", plan._get_plan_reference(), "go on running",
        ):  # fmt: skip
            self.assertIn(text, words)
        self.assertNotIn("not part of this sum", words)
        self.assertEqual(sum(plan.line_ids.mapped("amount")), 1917.71)

    def test_interest_says_what_the_claim_obeys(self):
        invoice = self._invoice(1850, DUE)
        waived = self._plan(invoice, 3, "2026-07-10", interest="waived")
        self.assertIn("waives the interest", self._words(waived))
        part = self._commit(invoice, ("2026-07-10", 100), ("2026-08-10", 100), part_amount=200, interest="waived")
        words = self._words(part)
        self.assertIn("not part of this sum", words)
        self.assertNotIn("waives", words)
        self.assertIn("The rest, 1,650.00 €, remains due", words)

    def test_consumer(self):
        person = self._create_debtor("Paul Durand", is_company=False, relance_regime="consumer")
        words = self._words(self._plan(self._invoice(600, DUE, person), 3, "2026-07-10"))
        self.assertIn("within 30 days of its receipt", words)
        self.assertIn("art. 1376", words)
        self.assertNotIn("of right and without formal notice", words)

    def test_in_french(self):
        self.debtor.lang = "fr_FR"
        words = self._words(self._plan(self._invoice(1850, DUE), 3, "2026-07-10"))
        self.assertIn("10 juillet 2026", words)
        self.assertIn("Reconnaissance de dette et échéancier", words)

    def test_signed_online(self):
        plan = self._plan(self._invoice(1850, DUE), 3, "2026-07-10")
        self._sign(plan)
        letter = plan.signed_attachment_id.raw.decode()
        self.assertIn(SIGNATURE[:20], letter)
        self.assertIn("signed online by Claire Martin", letter)

    def test_next_instalment_is_the_one_to_pay(self):
        invoice = self._invoice(900, DUE)
        plan = self._plan(invoice, 3, "2026-07-10")
        self._pay(invoice, "2026-07-01", 400)
        with freeze_time("2026-07-02"):
            self.env.invalidate_all()
            self.assertEqual(plan._get_letter_amount(), 200)
