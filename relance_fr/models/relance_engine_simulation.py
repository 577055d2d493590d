from dataclasses import dataclass, field
from datetime import date, timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.channels import sql_unposted
from ..tools.reading import Reading

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


class RelanceEngine(models.AbstractModel):
    """Simulation: what the daily job would send between two dates, decided and drafted by the very code that does.

    Each day is decided and drafted in temporary tables that stand in for the register, then counted as sent for the
    following days. No row of the register is written or locked, no number or sequence is used; the tables end with
    the savepoint they are made in, whatever happens.
    """

    _inherit = "relance.engine"

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
        today = self._today(company)
        # What happens before a range to come decides what is left for it.
        first = min(date_from, today)
        simulation = Simulation(
            company,
            today,
            calendar_id=calendar.id if calendar else None,
            partner_ids=tuple(partners.commercial_partner_id.ids) if partners else None,
            usual_delay=usual_delay,
        )
        engine = self.with_company(company)
        rows = []
        with engine._undone():
            engine._shadow_register(simulation, first)
            run = engine._open_simulated_run(company, first)
            wakes = engine._get_first_wakes(simulation, first, date_to)
            for days in range((date_to - first).days + 1):
                day = first + timedelta(days)
                if engine._has_started(company, day) and engine._is_sending_day(company, day):
                    sent = engine._simulate_day(simulation, run, day, wakes)
                    rows += sent if day >= date_from else []
        return rows, simulation

    # === THE TABLES THAT STAND IN === #

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
        scope = self._sql_scope(SQL("kept.partner_id"), simulation.partner_ids)
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
