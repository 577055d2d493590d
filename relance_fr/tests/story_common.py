from datetime import timedelta
from decimal import Decimal

from odoo.tests import freeze_time

from .notice.test_dispatch_mail import DispatchMailCommon
from .story_acts import ActsMixin
from .story_insolvency import InsolvencyMixin
from .story_ledger import LedgerMixin

WAITING = frozenset(
    {
        "not_due", "too_early", "too_recent", "bank_not_up_to_date", "not_ready", "direct_debit", "promised",
        "on_plan", "payment_in_progress", "receipt_to_match", "awaiting_approval", "already_drafted",
    }
)  # fmt: skip


class StoryCommon(ActsMixin, InsolvencyMixin, LedgerMixin, DispatchMailCommon):
    """Play a story: its events, what the invoices say, the jobs; nothing happens that no row tells."""

    def setUp(self):
        super().setUp()
        self.maxDiff = None
        self.invoices, self.payments, self.debtors, self.companies, self.journals = {}, {}, {}, {}, {}
        self.credit = self.held = self.commitment = None

    def play(self, story):
        """Play ``story``; a failure names the day.

        The eve of each row is lived too, and nothing may happen on it: what came early would show, and so would what
        came at any time since the row before, as nothing stops being due by itself.
        """
        rows_by_day = dict(story.days)
        first = story.days[0][0]
        with freeze_time(f"{first} 08:00:00") as clock:
            for day in sorted({*rows_by_day, *(day - timedelta(days=1) for day in rows_by_day if day > first)}):
                self.today = day
                clock.move_to(f"{day} 08:00:00")
                self._live(rows_by_day.get(day, []))
            for company in (self.company, *self.companies.values()):
                self.assert_register(company)

    def _live(self, rows):
        """Live one day: events, what is said in the morning, the jobs, what they did."""
        known = self._get_states()
        self._make_happen(rows)
        told = [row for row in rows if row.invoice]
        said = [self._say(row) for row in told]
        due = {name for name in self.invoices if rows and self._of(name).relance_explain()["decision"] == "send"}
        morning = self._get_states()
        self._run_jobs()
        found = [(row.invoice, self._get_level(row), *words) for row, words in zip(told, said, strict=True)]
        self.assertEqual(found, [(row.invoice, row.level, *self._expect(row)) for row in told], str(self.today))
        expected = sorted(notice for row in rows for notice in row.notices)
        self.assertEqual(self._tell_changes(known, expected), expected, str(self.today))
        if rows:
            self.assertEqual(self._get_dunned_since(morning), due, f"{self.today}: what was said and what was done")

    def _make_happen(self, rows):
        for event in (event for row in rows for event in row.events):
            try:
                self.happen(event)
            except Exception as error:
                raise AssertionError(f"{self.today}, {event}: {error}") from error
        self._settle()

    def _settle(self):
        self.env.flush_all()
        self.env.invalidate_all()

    def _run_jobs(self):
        self.env["relance.hold"]._cron_follow_up()
        self.env["relance.run"]._cron_escalate()
        self.env["relance.run"]._cron_dispatch()
        self._settle()

    # === WHAT INVOICES SAY === #

    def _of(self, name):
        """Return an invoice as the accountant of its own company sees it."""
        invoice = self.invoices[name]
        return invoice.with_context(allowed_company_ids=invoice.company_id.ids)

    def _say(self, row):
        """Return ``(reason, claim, segments)`` of an invoice, written as the table writes them."""
        invoice = self._of(row.invoice)
        explanation = invoice.relance_explain()
        reason = explanation["reason"]
        self.assertEqual(
            explanation["decision"], "send" if reason == "due" else "wait" if reason in WAITING else "skip", self.today
        )
        self.assertTrue(explanation["message"])
        if row.reason.endswith(")"):
            level = self.env["relance.level"].browse(explanation["level_id"])
            reason += f" ({level.kind} {(explanation['date'] or '-')[5:]})"
        statement = invoice.relance_statement()
        self._check_fields(invoice, statement)
        claim = tuple(Decimal(str(statement[name])) for name in ("principal", "penalty", "indemnity"))
        segments = [
            (Decimal(str(segment["principal"])), Decimal(str(segment["rate"])), segment["days"])
            for segment in statement["segments"]
        ]
        return reason, claim, segments

    def _check_fields(self, invoice, statement):
        """Assert that the screen shows the statement, and that the statement adds up."""
        self.assertRecordValues(
            invoice,
            [
                {
                    "relance_penalty_amount": statement["penalty"],
                    "relance_indemnity_amount": statement["indemnity"],
                    "relance_claim_amount": statement["total"],
                    "relance_warning": False,
                }
            ],
        )
        parts = [Decimal(str(statement[name])) for name in ("principal", "penalty", "indemnity")]
        self.assertEqual(sum(parts), Decimal(str(statement["total"])))
        amounts = [Decimal(str(segment["amount"])) for segment in statement["segments"]]
        self.assertEqual(sum(amounts), parts[1], f"{self.today}: the segments add up")

    def _expect(self, row):
        return row.reason, row.claim, [term[:3] for term in row.terms]

    def _get_level(self, row):
        return self._of(row.invoice).relance_level_id.kind or "-"

    # === WHAT NOTICES BECAME === #

    def _get_notices(self):
        # Another company's notices are no business of the accountant of the first one.
        return self.env["relance.notice"].sudo().search([("taken_over", "=", False)], order="id")

    def _get_states(self):
        return {notice.id: notice.state for notice in self._get_notices()}

    def _tell_changes(self, known, expected):
        """Return what became of notices since ``known``, in the words of ``expected`` where these say more."""
        changes = []
        for notice in self._get_notices():
            if known.get(notice.id) == notice.state:
                continue
            words = f"{notice.kind} {notice.state.replace('_', ' ')}"
            if notice.state not in ("cancelled", "failed"):
                words += f" {notice.total_amount:.2f}".removesuffix(".00")
            more = (f"{words} by {notice.channel}", f"{words} to {notice.partner_id.name}")
            changes.append(next((text for text in more if text in expected), words))
        return sorted(changes)

    def _get_dunned_since(self, states):
        """Return the names of the invoices that notices made since ``states`` are about, as far as they can leave."""
        made = self._get_notices().filtered(lambda notice: notice.id not in states and notice.state != "failed")
        return {name for name, invoice in self.invoices.items() if invoice in made.line_ids.move_id}
