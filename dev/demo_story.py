"""Inside Odoo: act out ``dev/demo_ledger.py`` day by day, at frozen dates, with the real daily jobs.

Before the story only history is written: invoices, payments. Each day of the story the bank statement comes in,
invoices go out, the accountant reads her list, the jobs run (escalate, dispatch, mail queue), and she posts letters.
"""

import collections
import datetime

from freezegun import freeze_time

from . import demo_images, demo_ledger
from .demo_acts import Acts
from .demo_ledger import day_of

#: Hours (UTC) of a day: the office before the jobs, the jobs, the post after them.
_OFFICE, _JOBS, _POST = 7, 9, 14

_JOB_NAMES = ("relance_fr.ir_cron_escalate", "relance_fr.ir_cron_dispatch", "mail.ir_cron_mail_scheduler_action")

#: Letters of the last days are left to the person who looks at the demo.
LEFT_TO_POST = 4

#: Days a registered letter takes to be presented; one in four is never fetched.
_POST_DAYS = 2


class JobError(Exception):
    """One of Odoo's jobs failed during the story."""


class Story(Acts):
    """The days of the story.

    :param build: the :class:`dev.demo_build.Build` whose debtors live it
    :param last_day: the day everything is told from
    :param days: how many days the daily job runs, the last one included
    :param tell: function that receives one line for each day
    """

    def __init__(self, build, last_day, days, tell):
        super().__init__(build, last_day)
        self.first_day = last_day - datetime.timedelta(days=days - 1)
        self.tell = tell

    def play(self):
        """Write the history, then live the days one by one; committed day by day."""
        agenda = self._agenda()
        with freeze_time(datetime.datetime.combine(min(agenda), datetime.time(_OFFICE))) as clock:
            for number, day in enumerate(sorted(day for day in agenda if day < self.first_day)):
                self._live_office(clock, day, agenda[day])
                if number % 15 == 14:
                    self.tell(f"history: {day}, {len(self.invoices)} invoices posted")
            self._print_invoices()
            day = self.first_day
            while day <= self.last_day:
                self._live(clock, day, agenda[day])
                day += datetime.timedelta(days=1)
        return self

    def _agenda(self):
        """Return ``{day: [(method, values)]}`` of the whole ledger."""
        agenda = collections.defaultdict(list)
        for sale in demo_ledger.SALES:
            agenda[day_of(self.last_day, sale.ago)].append((self.sale, {"sale": sale}))
        for payment in demo_ledger.PAYMENTS:
            values = {"sale": payment.sale, "share": payment.share}
            agenda[day_of(self.last_day, payment.ago)].append((self.payment, values))
        for event in demo_ledger.EVENTS:
            agenda[day_of(self.last_day, event.ago)].append((getattr(self, event.kind), event.values))
        return agenda

    # -- a day

    def _live(self, clock, day, acts):
        before = self._count_by_state()
        self._live_office(clock, day, acts)
        self._print_invoices()
        clock.move_to(datetime.datetime.combine(day, datetime.time(_OFFICE + 1)))
        approved = self._approve_waiting()
        self.env.cr.commit()
        clock.move_to(datetime.datetime.combine(day, datetime.time(_JOBS)))
        for name in _JOB_NAMES:
            self._run_job(name)
        if self._works():
            clock.move_to(datetime.datetime.combine(day, datetime.time(_POST)))
            self._post_letters()
            self._receive_receipts()
            self.env.cr.commit()
        self.tell(f"{day:%Y-%m-%d %a}: {self._describe(before, approved)}")

    def _live_office(self, clock, day, acts):
        self.today = day
        clock.move_to(datetime.datetime.combine(day, datetime.time(_OFFICE)))
        if day.weekday() == 4:
            self._bank_line("Frais de tenue de compte", -6.4, self._account("627000"))
        for act, values in acts:
            act(**values)
        self.env.cr.commit()

    def _describe(self, before, approved):
        """Return what changed in the register since ``before``."""
        after = self._count_by_state()
        changed = [
            f"{after[state] - before[state]} {state.replace('_', ' ')}"
            for state in ("sent", "to_approve", "failed", "cancelled")
            if after[state] > before[state]
        ]
        if approved:
            changed.insert(0, f"{approved} approved")
        return ", ".join(changed) or "nothing due"

    def _count_by_state(self):
        groups = self.env["relance.notice"]._read_group([], ["state"], ["__count"])
        return collections.Counter(dict(groups))

    def _run_job(self, name):
        """Run one of Odoo's jobs as its scheduler does, in a transaction of its own."""
        outcome = self.env.ref(name).method_direct_trigger()
        # What the job wrote is only visible to a new transaction.
        self.env.cr.commit()
        self.env.invalidate_all()
        if outcome is not True:
            raise JobError(f"{name} on {self.today}: {outcome['params']['data']['message']}")

    # -- what the accountant does every day

    def _works(self):
        """Tell whether the accountant is at work today."""
        return self.env.company._relance_is_sending_day(self.today)

    def _approve_waiting(self):
        """Approve what was drafted on an earlier day, on working days; return how many notices that was."""
        if not self._works():
            return 0
        waiting = self.accountant["relance.notice"].search([("state", "=", "to_approve"), ("date", "<", self.today)])
        runs = waiting.run_id
        waiting.action_approve()
        runs.activity_feedback(["mail.mail_activity_data_todo"], feedback="Approuvé")
        return len(waiting)

    def _post_letters(self):
        """Print the letters that wait and take them to the post office, but those of the last days."""
        since = self.last_day - datetime.timedelta(days=LEFT_TO_POST)
        for notice in self.accountant["relance.notice"].search([("to_post", "=", True), ("date", "<", since)]):
            notice.action_print()
            values = {"posted_date": self.today}
            if notice.channel == "registered":
                number = notice.id * 7919 % 10_000_000
                values["tracking_number"] = f"1A {200 + notice.id % 700:03d} {number:07d} {notice.id % 10}"
            notice.write(values)

    def _receive_receipts(self):
        """Enter the acknowledgements of the registered letters presented today."""
        posted = self.today - datetime.timedelta(days=_POST_DAYS)
        domain = [("channel", "=", "registered"), ("posted_date", "<=", posted), ("presented_date", "=", False)]
        for notice in self.accountant["relance.notice"].search(domain):
            values = {"presented_date": self.today}
            if notice.id % 4:
                picture = demo_images.receipt(notice.name, notice.tracking_number, f"{self.today:%d/%m/%Y}")
                values |= {"received_date": self.today, "receipt": picture, "receipt_name": f"AR {notice.name}.png"}
            notice.write(values)

    def _print_invoices(self):
        """Make the legal PDF of the open invoices that have none, as "Send & Print" does, without sending it."""
        invoices = self.env["account.move"].concat(*self.invoices.values())
        missing = invoices.filtered(lambda invoice: invoice.amount_residual and not invoice.invoice_pdf_report_id)
        if missing:
            self.env["account.move.send"]._generate_and_send_invoices(missing, sending_methods=[])
            self.tell(f"invoices printed: {len(missing)}")
            self.env.cr.commit()


def known_last_day(env, wanted):
    """Return ``wanted``, or the last day of the last semester whose rates are known."""
    newest = max(env["relance.rate"].search([]).mapped("date_from"))
    end = newest.replace(month=6, day=30) if newest.month == 1 else newest.replace(month=12, day=31)
    return min(wanted, end)
