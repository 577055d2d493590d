from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ...tools.reading import Reading
from ..common import day
from ..ledger_common import LedgerCommon
from ..screens import ScreenCommon

FIGURES = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount")
# What a simulation must leave as it found it.
TABLES = (
    "relance_notice", "relance_notice_line", "relance_run", "relance_run_line", "relance_run_debtor",
    "relance_register", "mail_mail", "mail_message", "mail_activity", "mail_followers", "ir_attachment",
    "account_move", "ir_cron_trigger", "relance_alert", "relance_commitment_reminder",
)  # fmt: skip
SEQUENCES = ("relance_notice", "relance_notice_line", "relance_run", "relance_run_line", "mail_mail", "mail_message")


class SimulationCommon(LedgerCommon):
    """Simulations, and the same days really played."""

    def _simulate(self, today, date_from, date_to, **vals):
        """Return a simulation played on ``today``."""
        with freeze_time(today):
            simulation = self.env["relance.simulation"].create(
                {"company_id": self.company.id, "date_from": date_from, "date_to": date_to, **vals}
            )
            simulation.action_simulate()
        return simulation

    def _play(self, date_from, date_to, events=None):
        """Really run the jobs day by day: whatever asks for it is approved and posted the same day.

        :param events: ``{ISO date: function}`` called before the jobs of the day
        """
        today, last = day(date_from), day(date_to)
        known = self.env["relance.notice"].search([])
        while today <= last:
            iso = fields.Date.to_string(today)
            with freeze_time(iso):
                if events and iso in events:
                    events[iso]()
            notices = self._run_on(iso)
            with freeze_time(iso):
                notices.filtered(lambda notice: notice.state == "to_approve").action_approve()
                notices.filtered(lambda notice: notice.state == "ready").action_dispatch()
                to_post = notices.filtered("to_post")
                if to_post:
                    to_post.action_mark_posted()
            today = fields.Date.add(today, days=1)
        return (self.env["relance.notice"].search([]) - known).filtered(lambda notice: notice.state == "sent")

    @classmethod
    def _get_story(cls, simulation, scenario="first"):
        rows = simulation.row_ids.filtered(lambda row: row.scenario == scenario)
        return sorted(cls._tell(row, row.move_ids) for row in rows)

    @classmethod
    def _get_played(cls, notices):
        return sorted(cls._tell(notice, notice.line_ids.move_id) for notice in notices)

    @staticmethod
    def _tell(row, moves):
        return (
            str(row.date), row.partner_id.name, row.level_id.kind, row.channel, row.currency_id.name,
            *(round(row[name], 2) for name in FIGURES), sorted(moves.mapped("name")),
        )  # fmt: skip


@tagged("post_install", "-at_install")
class TestSimulation(SimulationCommon):
    def test_standard_calendar_on_three_invoices(self):
        """Computed by hand: 12.15 % until 30 June 2026, 12.40 % afterwards, each segment rounded."""
        second, third = self._create_debtor("Boulangerie Rive"), self._create_debtor("Cartonnages Sud")
        self._invoice(1850, "2026-05-16")
        self._invoice(500, "2026-06-10", partner=second)
        self._invoice(1000, "2026-07-01", partner=third)
        simulation = self._simulate("2026-05-12", "2026-05-13", "2026-07-11")
        story = [
            (str(row.date), row.partner_id.name.split()[0], row.kind, row.channel, row.to_approve, row.total_amount)
            for row in simulation.row_ids.sorted("date")
        ]
        self.assertEqual(
            story,
            [
                ("2026-05-13", "Menuiserie", "preventive", "email", False, 1850),
                ("2026-05-23", "Menuiserie", "courtesy", "email", False, 1850),
                ("2026-05-31", "Menuiserie", "firm", "email", False, 1899.24),
                ("2026-06-07", "Boulangerie", "preventive", "email", False, 500),
                ("2026-06-15", "Menuiserie", "formal", "registered", True, 1908.47),
                ("2026-06-17", "Boulangerie", "courtesy", "email", False, 500),
                ("2026-06-25", "Boulangerie", "firm", "email", False, 542.5),
                ("2026-06-28", "Cartonnages", "preventive", "email", False, 1000),
                ("2026-06-30", "Menuiserie", "final", "registered", True, 1917.71),
                ("2026-07-08", "Cartonnages", "courtesy", "email", False, 1000),
                ("2026-07-10", "Boulangerie", "formal", "registered", True, 545.03),
            ],
        )
        self.assertRecordValues(
            simulation, [{"notice_count": 11, "debtor_count": 3, "move_count": 3, "approval_count": 3}]
        )
        formal = simulation.day_ids.filtered(lambda row: row.date == day("2026-06-15"))
        self.assertRecordValues(
            formal,
            [
                {
                    "notice_count": 1, "debtor_count": 1, "registered_count": 1, "email_count": 0,
                    "approval_count": 1, "amount": 1908.47, "levels": f"{self.levels['formal'].name} × 1",
                }
            ],
        )  # fmt: skip

    def test_simulated_days_are_the_days_played(self):
        """The days to come, then the same days really played by the jobs: same days, debtors, levels and figures."""
        self._make_ledger()
        simulated = self._get_story(self._simulate("2026-03-01", "2026-03-01", "2026-04-29"))
        self.assertGreater(len(simulated), 15)
        self.assertEqual(simulated, self._get_played(self._play("2026-03-01", "2026-04-29")))

    def test_simulated_days_are_the_days_played_by_another_policy(self):
        """Levels caught up by age, one notice an invoice, broken promises straight to the formal notice."""
        self._make_ledger()
        self.company.relance_broken_promise = "formal"
        self.standard.write({"catch_up": "age", "grouping": "invoice", "min_days": 3, "send_sun": False})
        simulated = self._get_story(self._simulate("2026-03-01", "2026-03-01", "2026-03-31"))
        formal = [row[0] for row in simulated if row[1] == "Hôtel" and row[2] == "formal"]
        self.assertEqual(formal, ["2026-03-11"], "The promise of 10 March is broken.")
        self.assertEqual(simulated, self._get_played(self._play("2026-03-01", "2026-03-31")))

    def test_past_days_are_those_that_were_played(self):
        """Payments and credit notes come in between: looked back at afterwards, the same notices come out."""
        first, second, third = self._make_ledger()
        played = self._play(
            "2026-03-01",
            "2026-04-29",
            {
                "2026-03-12": lambda: self._pay(first, "2026-03-12"),
                "2026-03-19": lambda: self._credit_note(200, "2026-03-19", invoice=second),
                "2026-03-25": lambda: self._pay(second, "2026-03-25", 300),
                "2026-04-07": lambda: self._bank_pays(third, "2026-04-07", third.amount_residual),
                "2026-04-10": lambda: self._pay_on_account("2026-04-10", 80, self.debtor),
            },
        )
        self.assertGreater(len(played), 12)
        simulated = self._get_story(self._simulate("2026-06-10", "2026-03-01", "2026-04-29"))
        self.assertEqual(simulated, self._get_played(played))

    def test_a_match_made_later_counts_when_both_sides_were_there(self):
        """Money on account of March, matched in June, was deducted in March and is no payment of June."""
        invoice = self._invoice(1000, "2026-03-02")
        credit = self._pay_on_account("2026-03-05", 400)
        with freeze_time("2026-06-01"):
            lines = self._instalments(invoice) + credit.move_id.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            lines.reconcile()
        self._pay(invoice, "2026-06-02")
        simulation = self._simulate("2026-06-10", "2026-03-01", "2026-03-20")
        self.assertEqual(
            [(row.kind, row.principal_amount) for row in simulation.row_ids],
            [("preventive", 1000), ("courtesy", 600), ("firm", 600)],
        )
        self.assertFalse(self._simulate("2026-06-10", "2026-06-02", "2026-06-09").row_ids)

    def _make_ledger(self):
        """Fill the ledger of several debtors; return three invoices of different ones."""
        # A simulation takes the bank to be up to date: so must the days that are played.
        self.company.relance_bank_max_age = 0
        consumer = self._create_debtor("Perrin", is_company=False, relance_regime="consumer")
        town = self._create_debtor("Mairie", relance_regime="public")
        paper = self._create_debtor("Papeterie", email=False)
        silent = self._create_debtor("Fantôme", email=False, street=False, zip=False, city=False)
        held = self._create_debtor("Garage")
        promising = self._create_debtor("Hôtel")
        first = self._invoice(1200, "2026-02-20")
        self._invoice(640, "2026-03-14")
        second = self._invoice(900, "2026-02-11", partner=consumer)
        third = self._invoice(2100, "2026-02-25", partner=town)
        self._invoice(75, "2026-03-09", partner=paper)
        self._invoice(510, "2026-01-15", partner=paper)
        self._invoice(410, "2026-02-15", partner=silent)
        disputed = self._invoice(330, "2026-02-18", partner=held)
        promised = self._invoice(770, "2026-02-17", partner=promising)
        self._pay_on_account("2026-02-26", 150, town)
        self.env["relance.hold"].create(
            {
                "partner_id": held.id, "move_id": disputed.id, "company_id": self.company.id, "reason": "manual",
                "date_from": "2026-02-20", "date_to": "2026-03-15",
            }
        )  # fmt: skip
        with freeze_time("2026-02-27"):
            self.env["relance.commitment"].create(
                {
                    "partner_id": promising.id, "date": "2026-02-27", "move_ids": [Command.set(promised.ids)],
                    "line_ids": [Command.create({"date": "2026-03-10", "amount": 770})],
                }
            )  # fmt: skip
        return first, second, third

    # === NOTHING IS LEFT === #

    def _snapshot(self):
        self.env.flush_all()
        counts = {
            table: self.env.execute_query(SQL("SELECT COUNT(*), MAX(id) FROM %s", SQL.identifier(table)))[0]
            for table in TABLES
        }
        sequences = {
            table: self.env.execute_query(SQL("SELECT last_value FROM %s", SQL.identifier(f"{table}_id_seq")))[0]
            for table in SEQUENCES
        }
        facts = self.env.execute_query(
            SQL("SELECT id, state, date, posted_date, name, xmin::text FROM relance_notice ORDER BY id")
        )
        registers = self.env.execute_query_dict(SQL("SELECT * FROM relance_register ORDER BY id"))
        return counts, sequences, facts, registers

    def test_nothing_is_left(self):
        self._make_ledger()
        self._play("2026-03-01", "2026-03-03")
        before = self._snapshot()
        simulation = self._simulate("2026-03-03", "2026-02-20", "2026-04-20")
        self.assertTrue(simulation.row_ids)
        self.assertEqual(self._snapshot(), before)
        self.assertFalse(self.env.execute_query(SQL("SELECT to_regclass('pg_temp.relance_notice')"))[0][0])
        self.assert_register()

    def test_nothing_is_left_of_one_that_is_interrupted(self):
        self._invoice(1850, "2026-05-16")
        before = self._snapshot()
        simulator = self.env.registry["relance.simulator"]
        count, days = simulator._count_as_sent, []

        def stop(self, notices):
            days.append(notices)
            if len(days) > 1:
                raise ValueError("stopped")
            return count(self, notices)

        with patch.object(simulator, "_count_as_sent", stop), self.assertRaisesRegex(ValueError, "stopped"):
            self._simulate("2026-05-12", "2026-05-12", "2026-07-01")
        self.assertEqual(len(days), 2)
        self.assertEqual(self._snapshot(), before)
        self.assertFalse(self.env.execute_query(SQL("SELECT to_regclass('pg_temp.relance_notice')"))[0][0])

    # === WHAT IF === #

    def test_another_calendar_and_a_comparison(self):
        self._invoice(1850, "2026-05-16")
        other = self._calendar("courtesy", {"kind": "formal", "delay": 20}, name="Direct")
        simulation = self._simulate("2026-05-12", "2026-05-12", "2026-06-20", other_calendar_id=other.id)
        second = simulation.row_ids.filtered(lambda row: row.scenario == "second")
        self.assertEqual(
            [(str(row.date), row.kind, row.calendar_name) for row in second],
            [("2026-05-23", "courtesy", "Direct"), ("2026-06-05", "formal", "Direct")],
        )
        self.assertEqual(simulation.notice_count, 4, "The totals are those of the first calendar.")
        self.assertIn("Direct", simulation.comparison)
        alone = self._simulate("2026-05-12", "2026-05-12", "2026-06-20", calendar_id=other.id)
        self.assertEqual(self._get_story(alone), self._get_story(simulation, "second"))
        self.assertFalse(self.debtor.relance_calendar_id)

    def test_only_some_debtors(self):
        other = self._create_debtor("Boulangerie Rive")
        self._invoice(1850, "2026-05-16")
        self._invoice(500, "2026-05-16", partner=other)
        simulation = self._simulate("2026-05-12", "2026-05-12", "2026-06-20", partner_ids=[Command.set(other.ids)])
        self.assertEqual(simulation.row_ids.partner_id, other)
        self.assertEqual(len(simulation.row_ids), 4)

    def test_debtors_who_pay_as_usual(self):
        invoice = self._invoice(1850, "2026-05-16")
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relance_partner_profile (company_id, partner_id, paid_count, average_delay)
                VALUES (%s, %s, 5, 9.5)
                ON CONFLICT (company_id, partner_id) DO UPDATE SET paid_count = 5, average_delay = 9.5
                """,
                self.company.id,
                self.debtor.id,
            )
        )
        simulation = self._simulate("2026-05-12", "2026-05-12", "2026-06-20", usual_delay=True)
        self.assertEqual(simulation.row_ids.mapped("kind"), ["preventive", "courtesy"])
        late = self._simulate("2026-05-27", "2026-05-27", "2026-06-20", usual_delay=True)
        self.assertTrue(late.row_ids, "Later than usual already: nothing is expected any more.")
        self.assertEqual(late.row_ids.move_ids, invoice)

    # === WHAT HOLDS BACK === #

    def test_a_late_bank_and_drafts_hold_nothing_back(self):
        self.company.relance_bank_max_age = 1
        self._bank_line("2026-01-05", 10)
        self._invoice(1850, "2026-05-16")
        simulation = self._simulate("2026-05-12", "2026-05-12", "2026-05-25")
        self.assertEqual(len(simulation.row_ids), 2)
        reading = Reading(self.company, day("2026-05-13"))
        self.assertFalse(self.env["relance.ledger"]._is_bank_up_to_date(reading))
        spoofed = self.env["relance.ledger"].with_context(relance_simulation={"calendar_id": 1, "today": "2026-01-01"})
        self.assertFalse(spoofed._is_bank_up_to_date(reading), "No client switches it off.")

    def test_days_without_sending_and_going_live(self):
        self.company.relance_working_days = True
        self._invoice(1850, "2026-05-16")
        simulation = self._simulate("2026-05-12", "2026-05-12", "2026-06-01")
        # 23 and 31 May 2026 are a Saturday and a Sunday, 25 May is Whit Monday.
        self.assertEqual(
            [str(row.date) for row in simulation.row_ids], ["2026-05-13", "2026-05-26"],
        )  # fmt: skip
        self.company.relance_start_date = "2026-05-20"
        self.assertFalse(self._simulate("2026-05-12", "2026-05-12", "2026-06-01").row_ids)

    def test_a_range_to_come_begins_with_what_happens_before(self):
        self._invoice(1850, "2026-05-16")
        whole = self._simulate("2026-05-12", "2026-05-12", "2026-06-20")
        part = self._simulate("2026-05-12", "2026-05-30", "2026-06-20")
        self.assertEqual(self._get_story(part), self._get_story(whole)[2:])

    def test_unknown_rates_and_debtors_nobody_reaches(self):
        silent = self._create_debtor("Fantôme", email=False, street=False, zip=False, city=False)
        self._invoice(100, "2026-12-20", partner=silent)
        self._invoice(1850, "2026-12-20")
        last = self.env["relance.rate"].search([], order="date_from desc", limit=1)
        self.env["relance.rate"].search([("date_from", ">", "2026-07-01")]).unlink()
        self.assertTrue(last)
        simulation = self._simulate("2026-12-15", "2026-12-15", "2027-02-10")
        self.assertEqual(simulation.unreachable_ids, silent)
        self.assertIn("2027", simulation.missing_rate)
        firm = simulation.row_ids.filtered(lambda row: row.kind == "firm")
        # 11 days at 12.40 %, until 31 December.
        self.assertRecordValues(firm, [{"date": day("2027-01-04"), "penalty_amount": 6.91, "indemnity_amount": 40}])

    def test_ranges_that_cannot_be_played(self):
        for vals, message in (
            (("2026-05-12", "2026-05-20", "2026-05-19"), "before the first"),
            (("2026-05-12", "2026-05-01", "2026-08-01"), "92 days"),
            (("2026-05-12", "2026-09-01", "2026-09-02"), "Choose an earlier"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self._simulate(*vals)
        simulation = self._simulate("2026-05-12", "2026-05-12", "2026-05-20")
        self.assertFalse(simulation.day_ids)
        self.assertTrue(simulation.done)


@tagged("post_install", "-at_install")
class TestSimulationScreen(ScreenCommon):
    def test_who_may_simulate(self):
        self._ensure_rates()
        self._invoice(1850, self._days_ago(20))
        for name in ("billing", "auditor", "manager"):
            simulation = self.env["relance.simulation"].with_user(self.users[name]).create({})
            action = simulation.action_simulate()
            self.assertEqual(action["res_id"], simulation.id)
            self.assertTrue(simulation.row_ids)
            arch, [values] = self._read_screen(simulation, self.users[name], "form")
            self.assertTrue(values["day_ids"])
            self.assertEqual(simulation.day_ids[:1].action_open()["res_model"], "relance.simulation.notice")
            rows = self.env["relance.simulation.notice"].with_user(self.users[name])
            self.assertEqual(rows.search(simulation.action_open_rows()["domain"]), simulation.row_ids)
            self.assertEqual(
                self.env["account.move"].search(simulation.row_ids[:1].action_open_moves()["domain"]),
                simulation.row_ids[:1].move_ids,
            )
            for view_type in ("list", "graph", "pivot", "kanban", "search"):
                rows.get_views([(False, view_type)])
        with self.assertRaises(AccessError):
            self.env["relance.simulation"].with_user(self.users["seller"]).create({})
        others = self.env["relance.simulation"].with_user(self.users["billing"]).search([])
        self.assertEqual(others.create_uid, self.users["billing"], "A simulation is its author's.")

    def test_another_company(self):
        foreign = self._create_company(name="Else")
        simulation = self.env["relance.simulation"].create({"company_id": foreign.id})
        with self.assertRaisesRegex(UserError, "Switch to the company"):
            simulation.with_context(allowed_company_ids=self.company.ids).action_simulate()

    def test_from_a_calendar(self):
        action = self.standard.with_user(self.users["manager"]).action_simulate()
        simulation = self.env["relance.simulation"].with_context(**action["context"]).create({})
        self.assertEqual(simulation.calendar_id, self.standard)
