"""Play the ledger inside Odoo: what a company, its bank and its accountant do every day.

All the invoices are posted first, on the eve of the first day: the ledger then holds invoices dated and
due later than the day of the job, which must leave them alone; the checks hold it to that. Then each
morning the registered letters of the day before are posted, disputes are entered and payments
registered; the two scheduled jobs run as the scheduler runs them, each in its transactions; between
them other payments arrive and the accountant approves what waits for him.

Letters are real PDF files, rendered by the addon. E-mails stay in Odoo's queue.
"""

import contextlib
import time
from datetime import timedelta

from freezegun import freeze_time
from odoo import Command

from . import expected

BATCH = 100
#: The jobs run twice on every tenth day: the second time must add nothing.
TWICE_EVERY = 10


class Story:
    """One playing of ``invoices`` (:class:`ledger.Invoice`); ``facts`` gathers what is to be checked, for JSON."""

    def __init__(self, env, invoices):
        self.env = env
        self.invoices = invoices
        self.facts = {"again": [], "seconds": {}}

    def play(self, first_day, last_day):
        """Play from ``first_day`` to ``last_day`` and return the facts."""
        with freeze_time(first_day - timedelta(days=1)) as clock:
            with self._timed("set-up"):
                self._set_up()
            with self._timed("posting"):
                self._post()
            with self._timed("days"):
                for offset in range((last_day - first_day).days + 1):
                    day = first_day + timedelta(days=offset)
                    clock.move_to(f"{day} 09:00:00")
                    self._live(day, twice=offset % TWICE_EVERY == 0)
            with self._timed("facts"):
                self._gather(last_day)
        return self.facts

    @contextlib.contextmanager
    def _timed(self, title):
        # The clock on the wall is frozen with the rest of the time; that of the processor is not.
        start = time.process_time()
        yield
        self.facts["seconds"][title] = round(time.process_time() - start, 1)

    # -- before

    def _set_up(self):
        env = self.env
        company = env.company
        company.write({"name": "Atelier du Rhône", "country_id": env.ref("base.fr").id, "zip": "69002", "city": "Lyon"})
        company.write({"street": "3 place Bellecour", "email": "compta@atelier.example.com"})
        env["account.chart.template"].try_loading("fr", company=company, install_demo=False)
        env["ir.config_parameter"].set_param("mail.catchall.domain", "example.com")
        company.write(
            {
                "relance_calendar_id": env.ref("relance_fr.relance_calendar_standard").id,
                "relance_automatic": True,
                # The ledger has weeks without a payment: they are not what is played here.
                "relance_bank_max_age": 0,
                # Every day is played.
                "relance_working_days": False,
                # The ledger has invoices of a few euros: all of them are followed.
                "relance_minimum": 0,
                "relance_minimum_paper": 0,
                "company_registry": "30326504500017",
                "report_footer": "<p>SARL, RCS Lyon 303 265 045</p>",
                "relance_signatory_id": env.ref("base.user_admin").id,
            }
        )
        account = {"acc_number": "FR1420041010050500013M02606", "partner_id": company.partner_id.id}
        env["res.partner.bank"].create(account)
        self.accountant = env["res.users"].create(
            {
                "name": "Claire Comptable",
                "login": "claire",
                "email": "claire@atelier.example.com",
                "group_ids": [Command.link(env.ref("account.group_account_user").id)],
            }
        )
        self.bank = env["account.journal"].search([("type", "=", "bank")], limit=1)
        outstanding = env["account.account"].create(
            {"name": "Outstanding receipts", "code": "511900", "account_type": "asset_current", "reconcile": True}
        )
        # With an account of its own a payment has a journal entry, and settles the invoice on its day.
        self.bank.inbound_payment_method_line_ids.payment_account_id = outstanding
        self.partners = self._create_partners()
        brisk = self._create_brisk_calendar()
        for item in self.invoices:
            if item.calendar == "brisk":
                self.partners[item.customer_name].relance_calendar_id = brisk
        env.cr.commit()

    def _create_brisk_calendar(self):
        """Create the company's own calendar, which sends every day as the standard one does."""
        calendar = expected.CALENDARS["brisk"]
        levels = [
            {
                "name": kind,
                "delay": delay,
                "kind": kind,
                "channel_registered": kind in expected.BY_POST,
                "deadline_days": calendar.deadlines.get(kind, 0),
            }
            for delay, kind in calendar.levels
        ]
        return self.env["relance.calendar"].create(
            {
                "name": "Brisk",
                "min_days": calendar.min_days,
                "send_sat": True,
                "send_sun": True,
                "skip_holidays": False,
                "level_ids": [Command.create(level) for level in levels],
            }
        )

    def _create_partners(self):
        names = sorted({invoice.customer_name for invoice in self.invoices})
        partners = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "is_company": True,
                    "company_registry": _siren(index),
                    "email": f"compta@client{index}.example.com",
                    "street": f"{index} rue de la République",
                    "zip": "69001",
                    "city": "Lyon",
                    "country_id": self.env.ref("base.fr").id,
                    "lang": "fr_FR",
                }
                for index, name in enumerate(names, start=1)
            ]
        )
        return dict(zip(names, partners, strict=True))

    def _post(self):
        account = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        self.moves = {}
        for start in range(0, len(self.invoices), BATCH):
            batch = self.invoices[start : start + BATCH]
            moves = self.env["account.move"].create([self._invoice_values(item, account) for item in batch])
            moves.action_post()
            self.env.cr.commit()
            self.moves |= {item.number: move for item, move in zip(batch, moves, strict=True)}
            self.env.invalidate_all()

    def _invoice_values(self, item, account):
        line = {"name": "Prestation", "price_unit": float(item.amount), "account_id": account.id, "tax_ids": []}
        return {
            "move_type": "out_invoice",
            "partner_id": self.partners[item.customer_name].id,
            "ref": item.number,
            "invoice_date": item.date,
            "invoice_date_due": item.due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create(line)],
        }

    # -- every day

    def _live(self, day, twice):
        paid = [item for item in self.invoices if item.paid == day]
        self._post_letters(day)
        self._dispute(day)
        self._pay(day, [item for item in paid if not item.paid_after_the_job])
        self._run_job("escalate", twice)
        self._pay(day, [item for item in paid if item.paid_after_the_job])
        self._approve()
        self._run_job("dispatch", twice)
        self.env.cr.commit()
        self.env.invalidate_all()

    def _post_letters(self, day):
        letters = self.env["relance.notice"].with_user(self.accountant).search([("to_post", "=", True)])
        for letter in letters:
            letter.write({"posted_date": day, "tracking_number": f"1A {letter.id:011d}"})

    def _dispute(self, day):
        disputed = [item for item in self.invoices if item.held and item.due == day]
        self.env["relance.hold"].with_user(self.accountant).create(
            [{"move_id": self.moves[item.number].id, "reason": "dispute", "date_from": day} for item in disputed]
        )

    def _pay(self, day, items):
        moves = self.env["account.move"].union(*(self.moves[item.number] for item in items))
        if not moves:
            return
        register = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=moves.ids)
        register.create({"payment_date": day, "group_payment": False, "journal_id": self.bank.id})._create_payments()
        held = [self.moves[item.number].id for item in items if item.held]
        if held:
            self.env["relance.hold"].search([("move_id", "in", held), ("date_to", "=", False)]).date_to = day

    def _approve(self):
        waiting = self.env["relance.notice"].with_user(self.accountant).search([("state", "=", "to_approve")])
        waiting.action_approve()

    def _run_job(self, name, twice):
        """Run a scheduled job as the scheduler does; the second time nothing may be added."""
        self.env.cr.commit()
        job = self.env.ref(f"relance_fr.ir_cron_{name}")
        self._trigger(job)
        if twice:
            before = self._count()
            self._trigger(job)
            after = self._count()
            if before != after:
                self.facts["again"].append([name, str(self.env.cr.now().date()), before, after])

    def _trigger(self, job):
        answer = job.method_direct_trigger()
        # The job ran in a transaction of its own: what comes next must see what it did.
        self.env.cr.commit()
        if answer is not True:
            raise RuntimeError(f"the job {job.name!r} failed: {answer['params']['data']['debug'][-2000:]}")

    def _count(self):
        """Return the number of runs, notices, sent notices and e-mails."""
        return [
            self.env["relance.run"].search_count([]),
            self.env["relance.notice"].search_count([]),
            self.env["relance.notice"].search_count([("state", "=", "sent")]),
            self.env["mail.mail"].search_count([]),
        ]

    # -- after

    def _gather(self, last_day):
        numbers = {move.id: number for number, move in self.moves.items()}
        self.facts["invoices"] = {number: self._invoice_facts(move) for number, move in self.moves.items()}
        notices = self.env["relance.notice"].search([], order="date, id")
        self.facts["notices"] = [self._notice_facts(notice, numbers) for notice in notices]
        self.facts["register"] = self.env["relance.notice"]._verify_register(self.env.company)
        self.facts["last_day"] = str(last_day)
        self.facts["runs_left"] = self.env["relance.run"].search_count([("state", "!=", "done")])

    def _invoice_facts(self, move):
        statement = move.relance_statement()
        return {
            "payment_state": move.payment_state,
            "statement": {name: statement[name] for name in ("as_of", "principal", "penalty", "indemnity", "total")},
            "segments": [segment["amount"] for segment in statement["segments"]],
            "state": move.relance_state,
        }

    def _notice_facts(self, notice, numbers):
        amounts = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount")
        lines = [
            {
                "invoice": numbers[line.move_id.id],
                "delay": line.level_id.delay,
                "kind": line.level_id.kind,
                "days_late": line.days_late,
                "segments": [segment["amount"] for segment in line.segments or []],
                **{name: line[name] for name in amounts},
            }
            for line in notice.line_ids
        ]
        return {
            "name": notice.name,
            "date": str(notice.date),
            "customer_name": notice.partner_id.name,
            "kind": notice.kind,
            "channel": notice.channel,
            "state": notice.state,
            "posted_date": notice.posted_date and str(notice.posted_date),
            "deadline": notice.deadline and str(notice.deadline),
            "emails": self.env["mail.mail"].search_count(
                [("model", "=", "relance.notice"), ("res_id", "=", notice.id), ("email_to", "!=", False)]
            ),
            "letter": notice.attachment_id.raw[:5].decode() if notice.attachment_id else "",
            "lines": lines,
            **{name: notice[name] for name in amounts},
        }


def _siren(index):
    """Return a nine-digit number that starts with 3 (a business), its check digit right."""
    body = f"3{index:07d}"
    total = 0
    for rank, character in enumerate(reversed(body), start=1):
        value = int(character) * (1 + rank % 2)
        total += value - 9 * (value > 9)
    return f"{body}{-total % 10}"
