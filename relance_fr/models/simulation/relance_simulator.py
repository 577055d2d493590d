from dataclasses import dataclass, field
from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from ...law.periods import Semester
from ...tools.channels import PAPER, sql_unposted
from ...tools.reading import Purpose, Reading

# What a simulation reads and fills in place of the register; the columns that it leaves empty weigh most and decide
# nothing.
SHADOWED = {
    "relance_notice": ("seal_payload",),
    "relance_notice_line": ("segments",),
    "relance_run": (),
    "relance_run_line": (),
}


@dataclass(eq=False)
class Simulation:
    """A simulation as it goes on: what is played, and what was found out on the way.

    ``awake`` are the debtors of ``partner_ids`` to whom something may come on the day played; ``missing`` says which
    legal rate is not known, ``unreachable`` holds the ids of the debtors no address can reach.
    """

    company: object
    today: date
    calendar_id: int | None = None
    partner_ids: tuple | None = None
    usual_delay: bool = False
    awake: tuple = ()
    counted: int = 0
    added: int = 0
    missing: str | None = None
    unreachable: set = field(default_factory=set)

    def read(self, day):
        """Return how ``day`` is read: when it is over, from the ledger as it stood; nothing holds the job back."""
        is_past = day < self.today
        return Reading(
            self.company,
            day,
            partner_ids=self.awake,
            ledger_day=day if is_past else None,
            usual_days=(self.today, day) if self.usual_delay and not is_past else None,
            calendar_id=self.calendar_id,
            automatic=True,
            bank_known=True,
            company_ready=True,
        )


class RelanceSimulator(models.AbstractModel):
    """Simulation: what the daily job would send between two dates, decided and drafted by the very code that does.

    Each day is decided and drafted in temporary tables that stand in for the register, then counted as sent for the
    following days. No row of the register is written or locked, no number or sequence is used; the tables end with
    the savepoint they are made in, whatever happens.
    """

    _name = "relance.simulator"
    _description = "Dunning Simulator"

    # === A REGISTER FOR THE SIMULATION === #

    @api.model
    def _simulate(self, company, date_from, date_to, calendar=None, partners=None, usual_delay=False):
        """Return what would be sent by ``company`` from ``date_from`` to ``date_to``, both included, and how it went.

        What is approved or posted by a person is taken to be so on the same day, the bank to be up to date; the cap
        a day and the hours are left aside. Days over are played on what was known by then, days to come as if
        nobody paid. What waits to be sent now is decided afresh.

        :param calendar: apply it to all debtors (``relance.calendar``) instead of their own
        :param partners: only these debtors (``res.partner``)
        :param usual_delay: days to come: debtors whose average delay is known pay after it
        :return: ``(rows, Simulation)``; a row is a dict of the columns of ``_query_simulated``
        """
        today = company._relance_today()
        # What happens before a range to come decides what is left for it.
        first = min(date_from, today)
        simulation = Simulation(
            company,
            today,
            calendar_id=calendar.id if calendar else None,
            partner_ids=tuple(partners.commercial_partner_id.ids) if partners else None,
            usual_delay=usual_delay,
        )
        env = self.with_company(company).env
        rows = []
        with env["relance.run.debtor"]._undone():
            env["relance.simulator"]._shadow_register(simulation, first)
            run = env["relance.simulator"]._open_simulated_run(company, first)
            wakes = env["relance.simulator"]._get_first_wakes(simulation, first, date_to)
            for days in range((date_to - first).days + 1):
                day = first + timedelta(days)
                if company.with_env(env)._relance_has_started(day) and company.with_env(env)._relance_is_sending_day(
                    day
                ):
                    sent = env["relance.simulator"]._simulate_day(simulation, run, day, wakes)
                    rows += sent if day >= date_from else []
        return rows, simulation

    @api.model
    def _shadow_register(self, simulation, first):
        """Make temporary tables that stand in for the register, holding what it knew before ``first``.

        Temporary tables come before the others of the same name; their indexes keep guarding that nothing is sent
        twice. What is not sent yet is left out: it is decided afresh.
        """
        today = simulation.today
        for table, empty in SHADOWED.items():
            self._shadow(simulation, table, empty, first if first < today else today + timedelta(days=1))
        # Letters nobody posted yet would stop everything for ever.
        self.env.cr.execute(
            SQL(
                """
                UPDATE pg_temp.relance_notice SET posted_date = %s
                 WHERE state = 'sent' AND channel = 'registered' AND taken_over IS NOT TRUE AND %s
                """,
                first,
                sql_unposted("relance_notice"),
            )
        )

    @api.model
    def _shadow(self, simulation, table, empty, before):
        """Make one of them. Its ids go on where those of the table stop, on a temporary sequence of its own."""
        [[schema, last]] = self.env.execute_query(
            SQL("SELECT current_schema(), COALESCE(MAX(id), 0) FROM %s", SQL.identifier(table))
        )
        columns = self.env.execute_query(
            SQL(
                """
                SELECT column_name FROM information_schema.columns
                 WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER'
                """,
                schema,
                table,
            )
        )
        names = SQL(", ").join(SQL.identifier(name) for [name] in columns if name not in empty)
        values = {"table": SQL.identifier(table), "real": SQL.identifier(schema, table), "names": names}
        create = "CREATE TEMPORARY TABLE %(table)s (LIKE %(real)s INCLUDING INDEXES) ON COMMIT DROP"
        self.env.cr.execute(SQL(create, **values))
        number = "ALTER TABLE %(table)s ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH %(first)s)"
        self.env.cr.execute(SQL(number, first=SQL(str(last + 1)), **values))
        history = self._sql_shadowed(simulation, table, before, SQL.identifier(schema, "relance_notice"))
        if history:
            fill = "INSERT INTO %(table)s (%(names)s) SELECT %(names)s FROM %(real)s kept WHERE %(history)s"
            self.env.cr.execute(SQL(fill, history=history, **values))
        self.env.cr.execute(SQL("ANALYZE %(table)s", **values))

    @api.model
    def _sql_shadowed(self, simulation, table, before, notice):
        """Return the condition on the rows of ``table`` (``kept``) that a simulation takes over; None for none.

        :param notice: the real table of the notices
        """
        scope = self.env["relance.ledger"]._sql_scope(SQL("kept.partner_id"), simulation.partner_ids)
        # An address that was refused is so for every company.
        known = SQL(
            "kept.date < %s AND kept.state IN ('sent', 'failed') AND (kept.company_id = %s OR kept.state = 'failed' "
            "OR kept.address_refused) %s",
            before,
            simulation.company.id,
            scope,
        )
        if table == "relance_notice":
            return known
        if table == "relance_notice_line":
            return SQL("kept.notice_id IN (SELECT kept.id FROM %s kept WHERE %s)", notice, known)
        return None

    @api.model
    def _open_simulated_run(self, company, day):
        """Return the run (``relance.run``) of the days simulated, a row of the temporary table."""
        [[run_id]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO pg_temp.relance_run (company_id, date, origin, state) VALUES (%s, %s, 'cron', 'confirmed')
                RETURNING id
                """,
                company.id,
                day,
            )
        )
        return self.env["relance.run"].browse(run_id)

    # === DAYS PLAYED === #

    @api.model
    def _simulate_day(self, simulation, run, day, wakes):
        """Decide and draft ``day``, count its notices as sent and return them; see ``_query_simulated``.

        :param wakes: ``{debtor id: first day on which something may come}``, brought up to date
        """
        simulation.awake = tuple(partner_id for partner_id, wake in wakes.items() if wake <= day)
        if not simulation.awake:
            return []
        # Named by their schema: without the tables that stand in, it fails instead of touching the register.
        self.env.cr.execute(SQL("TRUNCATE pg_temp.relance_run_line"))
        self.env.cr.execute(SQL("UPDATE pg_temp.relance_run SET date = %s WHERE id = %s", day, run.id))
        run.invalidate_recordset(flush=False)
        run._write_decisions(simulation.read(day))
        unreachable = self.env.execute_query(
            SQL("SELECT DISTINCT partner_id FROM relance_run_line WHERE reason = 'no_address'")
        )
        simulation.unreachable |= {row[0] for row in unreachable}
        notices = self._draft_day(simulation, run, day)
        rows = []
        if notices:
            self._count_as_sent(notices)
            self._tell_planner(simulation, len(notices))
            rows = self.env.execute_query_dict(self._query_simulated(run, notices))
        wakes |= self._get_next_wakes(simulation, day)
        return rows

    @api.model
    def _draft_day(self, simulation, run, day):
        """Draft the notices of ``run``; ``simulation`` learns which legal rate they lack.

        Interest counts up to the last known rate where that of a day to come is not published yet.
        """
        self.env.flush_all()
        reading = simulation.read(day)
        items = self.env.execute_query_dict(run._query_selected())
        claims, missing = self.env["relance.claim"]._get_claims(
            reading, [item["line_id"] for item in items], Purpose.NOTICE
        )
        if missing:
            simulation.missing = next(iter(missing.values()))
            # Rates are public facts.
            last = self.env["relance.rate"].sudo().search([], order="date_from desc", limit=1)
            known = min(day, Semester.of(last.date_from).end) if last else day
            claims |= (
                self.env["relance.claim"]
                ._get_claims(reading._replace(as_of=known), list(missing), Purpose.NOTICE)
                .complete()
            )
        return run._draft_items(items, claims, approved=True)

    @api.model
    def _get_first_wakes(self, simulation, first, last):
        """Return ``{debtor id: day}`` of everybody who owes something on ``first`` or is invoiced until ``last``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT commercial_partner_id, MIN(GREATEST(invoice_date, %(first)s))
                  FROM account_move
                 WHERE company_id = %(company)s AND state = 'posted' AND move_type = 'out_invoice'
                   AND invoice_date <= %(last)s %(scope)s
              GROUP BY commercial_partner_id
                """,
                first=first,
                last=last,
                company=simulation.company.id,
                scope=self.env["relance.ledger"]._sql_scope(SQL("commercial_partner_id"), simulation.partner_ids),
            )
        )
        return dict(rows)

    @api.model
    def _get_next_wakes(self, simulation, day):
        """Return ``{debtor id: day}`` of those who were awake on ``day``: nothing comes to them before.

        The decision about a debtor depends on its instalments only, and sends none before the date of its level.
        That date changes with what is sent, with a new invoice, and with a promise that is broken when that
        leads straight to the formal notice: the debtor is looked at again on the days after these.
        """
        company, tomorrow = simulation.company, day + timedelta(days=1)
        levels = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, MIN(LEAST(date, aged.first))
                  FROM (%(decision)s) decided
             LEFT JOIN LATERAL (
                       -- a calendar that catches up by age comes to a level at its age, sooner than in turn
                       SELECT MIN(decided.due + level.delay) AS first
                         FROM relance_level level
                         JOIN relance_calendar calendar ON calendar.id = level.calendar_id
                        WHERE calendar.id = decided.calendar_id AND calendar.catch_up = 'age'
                          AND decided.due + level.delay > %(day)s
                       ) aged ON TRUE
                 WHERE date IS NOT NULL
              GROUP BY partner_id
                """,
                decision=self.env["relance.decision"]._query_decision(simulation.read(day)),
                day=day,
            )
        )
        wakes = dict.fromkeys(simulation.awake, date.max)
        wakes |= {partner_id: max(tomorrow, first) for partner_id, first in levels}
        changes = self.env.execute_query(
            SQL(
                """
                SELECT commercial_partner_id, MIN(invoice_date)
                  FROM account_move
                 WHERE company_id = %(company)s AND state = 'posted' AND move_type = 'out_invoice'
                   AND invoice_date > %(day)s AND commercial_partner_id = ANY(%(awake)s)
              GROUP BY commercial_partner_id
                 UNION ALL
                SELECT DISTINCT partner_id, %(tomorrow)s::date
                  FROM relance_commitment
                 WHERE company_id = %(company)s AND cancelled IS NOT TRUE AND %(jumps)s
                   AND partner_id = ANY(%(awake)s)
                """,
                company=company.id,
                day=day,
                tomorrow=tomorrow,
                jumps=company._get_relance_setting("relance_broken_promise") == "formal",
                awake=list(simulation.awake),
            )
        )
        for partner_id, change in changes:
            wakes[partner_id] = min(wakes[partner_id], change)
        return wakes

    @api.model
    def _count_as_sent(self, notices):
        """Let the days to come find ``notices`` in the history; what is printed is posted the same day."""
        self.env.cr.execute(
            SQL(
                """
                WITH sent AS (
                    UPDATE pg_temp.relance_notice
                       SET state = 'sent', posted_date = CASE WHEN channel IN %s THEN date END
                     WHERE id = ANY(%s) RETURNING id
                )
                UPDATE pg_temp.relance_notice_line fact SET state = 'sent' FROM sent WHERE notice_id = sent.id
                """,
                PAPER,
                notices.ids,
            )
        )

    @api.model
    def _tell_planner(self, simulation, count):
        """Let the database count its rows again once the history has doubled: it never does that for temporary tables.

        :param count: notices added
        """
        simulation.added += count
        if simulation.added > simulation.counted:
            simulation.counted, simulation.added = simulation.counted + simulation.added, 0
            self.env.cr.execute(SQL("ANALYZE pg_temp.relance_notice, pg_temp.relance_notice_line"))

    @api.model
    def _query_simulated(self, run, notices):
        """Return the query of simulated notices: the fields of ``relance.simulation.notice``, and ``move_ids``."""
        automatic = bool(run.company_id._get_relance_setting("relance_automatic"))
        return SQL(
            """
            SELECT notice.date, notice.partner_id, notice.level_id, notice.kind, notice.channel, notice.currency_id,
                   notice.principal_amount, notice.penalty_amount, notice.indemnity_amount, notice.total_amount,
                   NOT (%s AND bool_and(COALESCE(level.automatic, FALSE))) AS to_approve,
                   MIN(fact.date_maturity) AS date_maturity,
                   array_agg(DISTINCT fact.move_id) AS move_ids
              FROM relance_notice notice
              JOIN relance_notice_line fact ON fact.notice_id = notice.id
              JOIN relance_level level ON level.id = fact.level_id
             WHERE notice.id = ANY(%s)
          GROUP BY notice.id
          ORDER BY notice.id
            """,
            automatic,
            notices.ids,
        )
