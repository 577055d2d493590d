from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from ..ledger_common import LedgerCommon

TODAY = date(2026, 9, 30)
RATES = (
    (date(2026, 7, 1), Decimal("12.40")),
    (date(2025, 7, 1), Decimal("12.15")),
    (date(2025, 1, 1), Decimal("13.15")),
)


def interest(amount, due, as_of, payments, credits):
    """Return the interest of an instalment, day by day: nothing in common with the addon but the law."""
    owed = amount - sum(value for day, value in credits if day <= as_of)
    stretches = []  # [bearing, rate, days]: consecutive days alike, whatever the semester
    for number in range(1, (as_of - due).days + 1):
        day = due + timedelta(days=number)
        bearing = owed - sum(value for paid_on, value in payments if paid_on < day and paid_on <= as_of)
        rate = next(rate for start, rate in RATES if start <= day)
        alike = [max(bearing, Decimal(0)), rate]
        if stretches and stretches[-1][:2] == alike:
            stretches[-1][2] += 1
        else:
            stretches.append([*alike, 1])
    parts = (bearing * rate * days / Decimal(36500) for bearing, rate, days in stretches)
    return sum((part.quantize(Decimal("0.01"), ROUND_HALF_UP) for part in parts), Decimal(0))


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestStatementOracle(LedgerCommon):
    """Random lives of invoices, on real reconciliations, against a count made day by day; the seed is fixed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0
        cls.term = cls.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 40, "nb_days": 30}),
                    Command.create({"value": "percent", "value_amount": 60, "nb_days": 75}),
                ],
            }
        )

    def _live(self, random):
        """Make an invoice and what happens to it; return it with its instalments as the oracle counts them."""
        issued = date(2025, 6, 1) + timedelta(days=random.randrange(400))
        amount = random.randrange(1000, 500000) / 100
        in_two = random.random() < 0.4
        invoice = self._create_invoice_one_line(
            price_unit=amount, product_id=self.product_a, tax_ids=[], partner_id=self._create_debtor("Debtor"),
            invoice_date=issued, post=True,
            **({"invoice_payment_term_id": self.term} if in_two else
               {"invoice_payment_term_id": False, "invoice_date_due": issued + timedelta(days=random.randrange(60))}),
        )  # fmt: skip
        parts = [
            {"amount": Decimal(str(line.balance)), "due": line.date_maturity, "payments": [], "credits": []}
            for line in self._instalments(invoice)
        ]
        days = sorted(
            issued + timedelta(days=random.randrange((TODAY - issued).days)) for _ in range(random.randrange(4))
        )
        for day in days:
            left = invoice.amount_residual
            if not left:
                break
            value = min(left, random.choice((left, random.randrange(1, max(2, int(left * 100))) / 100)))
            is_credit = random.random() < 0.3
            if is_credit:
                self._credit_note(value, day, invoice=invoice)
            else:
                self._bank_pays(invoice, day, value)
            self._share(parts, day, Decimal(str(value)), "credits" if is_credit else "payments")
        return invoice, parts

    @staticmethod
    def _share(parts, day, value, kind):
        """Give a payment or a credit note to the oldest instalments, as the ledger matches them."""
        for part in parts:
            left = part["amount"] - sum(amount for _day, amount in (*part["payments"], *part["credits"]))
            taken = min(left, value)
            if taken:
                part[kind].append((day, taken))
                value -= taken

    def _expect(self, parts, as_of):
        principal = penalty = Decimal(0)
        late = False
        for part in parts:
            credits = [(day, value) for day, value in part["credits"] if day <= as_of]
            payments = [(day, value) for day, value in part["payments"] if day <= as_of]
            owed = part["amount"] - sum(value for _day, value in credits)
            principal += owed - sum(value for _day, value in payments)
            penalty += interest(part["amount"], part["due"], as_of, payments, credits)
            in_time = sum(value for day, value in payments if day <= part["due"])
            late = late or (as_of > part["due"] and owed > in_time)
        return float(principal), float(penalty), 40.0 if late else 0.0

    def test_statements(self):
        random = Random(19)
        lives = [self._live(random) for _ in range(30)]
        outcomes = set()
        for invoice, parts in lives:
            for as_of in (TODAY, TODAY - timedelta(days=random.randrange(300))):
                if as_of < invoice.invoice_date:
                    continue
                expected = self._expect(parts, as_of)
                with self.subTest(invoice=invoice.name, as_of=as_of, parts=parts):
                    self.assertEqual(self._statement(invoice, as_of)[:3], expected)
                outcomes.add((bool(expected[0]), bool(expected[1]), len(parts)))
        # Paid and unpaid, with and without interest, in one and two instalments: the draw is worth something.
        self.assertGreaterEqual(len(outcomes), 6, outcomes)

    def test_one_claim_everywhere(self):
        """Screen, preview, notice and register say the same, for each invoice and for all of a debtor's."""
        random = Random(45)
        self.company.relance_calendar_id = self._calendar({"kind": "firm", "delay": 1, "with_letter": True})
        invoices = self.env["account.move"].union(*(self._live(random)[0] for _ in range(12)))
        for debtor in invoices.partner_id[::3]:
            self._pay_on_account(
                TODAY - timedelta(days=random.randrange(1, 90)), random.randrange(100, 900), partner=debtor
            )
        self.env.invalidate_all()
        statements = {move.id: move.relance_statement() for move in invoices}
        run = self.env["relance.run"].create({"company_id": self.company.id})
        run.action_preview()
        for move, lines in run.line_ids.grouped("move_id").items():
            late = lines.filtered(lambda line: line.days_late)
            if late == lines and len(lines) == len(self._instalments(move).filtered("amount_residual")):
                self.assertAlmostEqual(sum(lines.mapped("amount_residual")), statements[move.id]["principal"], 2)
        run.action_confirm()
        self.assertGreaterEqual(len(run.notice_ids), 4)
        for notice in run.notice_ids:
            self.assertAlmostEqual(notice.total_amount, sum(notice.line_ids.mapped("total_amount")), 2)
            for line in notice.line_ids:
                move = line.move_id
                segments = [each for each in statements[move.id]["segments"] if each["line_id"] == line.line_id.id]
                self.assertEqual(
                    [float(segment["amount"]) for segment in line.segments], [each["amount"] for each in segments]
                )
                if len(self._instalments(move)) == 1:
                    self.assertRecordValues(
                        line,
                        [
                            {
                                "principal_amount": statements[move.id]["principal"],
                                "penalty_amount": statements[move.id]["penalty"],
                                "indemnity_amount": statements[move.id]["indemnity"],
                                "total_amount": statements[move.id]["total"],
                            }
                        ],
                    )
        self.assert_register()
