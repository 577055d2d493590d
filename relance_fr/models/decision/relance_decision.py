import datetime
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ...law.holidays import public_holidays
from ...tools.channels import PAPER, sql_lettered, sql_unposted
from ...tools.enough import sql_enough
from ..setup.relance_calendar import HORIZON, WEEKDAYS

# What is asked for of an instalment: without what is held, nor the part of it that money not matched yet may have paid.
# If that is all of it, it waits, or a person asks for the whole.
ASKED = SQL("(net - held - CASE WHEN doubt < net - held THEN doubt ELSE 0 END)")

DECISIONS = [("send", "Send"), ("wait", "Wait"), ("skip", "Skip")]


class Decision(NamedTuple):
    """What is decided about one open instalment: a row of ``_query_decision``, whose columns these are.

    ``net`` is what may be claimed, without the part held; ``level_id``, ``date`` and ``channel`` say what comes next,
    if anything does; ``broken_since`` since when a promise about its invoice is broken; ``decision`` is send, wait or
    skip, ``reason`` why, ``detail`` which case of the reason, for the sentence that says it, or None.
    """

    line_id: int
    move_id: int
    partner_id: int
    contact_id: int
    currency_id: int
    due: datetime.date
    net: Decimal
    company_rate: Decimal
    calendar_id: int | None
    level_id: int | None
    date: datetime.date | None
    channel: str | None
    grouping: str | None
    broken_since: datetime.date | None
    decision: str
    reason: str
    detail: str | None


class RelanceDecision(models.AbstractModel):
    """Decide: for every open instalment of a company, send, wait or skip, and why.

    One SQL statement, which stands here from ``_query_decision`` down, in the order of its CTEs; what is owed
    (``_sql_netted``) and what became of promises (``_sql_standing``) come before it. Reasons are tested in a fixed
    order, the most lasting first, so that the reason given is the one to deal with; what is known of each is in
    ``tools/reasons.py``. A fragment is one question about one instalment, looked up by index, whatever the planner
    believes of tables that a batch has just filled.
    """

    _name = "relance.decision"
    _description = "Dunning Decision"

    @api.model
    def _query_run(self, reading, moves=None):
        """Return the query of the decisions that a run is about, whatever its filters."""
        kept = SQL("TRUE")
        if reading.automatic:
            kept = self._sql_comes_today(reading)
        elif moves is None:
            kept = SQL("(decided.due < %(today)s OR decided.date <= %(today)s)", today=reading.as_of)
        return SQL("SELECT * FROM (%s) decided WHERE %s", self._query_decision(reading, moves), kept)

    @api.model
    def _sql_comes_today(self, reading):
        """Return the condition on ``decided``: its level has come to its date, in a calendar that sends that day."""
        # Those of all companies: a debtor keeps the calendar chosen for it. The query names the company.
        calendars = self.env["relance.calendar"].sudo()._get_active()
        zone = reading.company._get_relance_setting("relance_holidays")
        sending = calendars.filtered(lambda calendar: calendar._can_send_on(reading.as_of, zone))
        return SQL(
            """
            decided.date <= %s AND decided.level_id IN (SELECT id FROM relance_level WHERE calendar_id = ANY(%s))
            """,
            reading.as_of,
            sending.ids,
        )

    @api.model
    def _fetch_decisions(self, reading, moves=None):
        """Return the list of ``Decision`` of ``_query_decision``."""
        return [Decision(**row) for row in self.env.execute_query_dict(self._query_decision(reading, moves))]

    @api.model
    def _query_decision(self, reading, moves=None):
        """Return the query of the decision about each open instalment, of the columns of ``Decision``.

        :param moves: only the instalments of these invoices
        """
        if moves is not None:
            reading = reading._replace(partner_ids=moves.commercial_partner_id.ids)
        return SQL(
            """
            WITH %(decided)s
            SELECT line_id, move_id, partner_id, contact_id, currency_id, due, net, company_rate, calendar_id,
                   level_id, date, channel, grouping, broken_since,
                   CASE WHEN told.reason = 'due' THEN 'send'
                        WHEN told.reason = ANY(%(waiting)s) THEN 'wait' ELSE 'skip' END AS decision,
                   told.reason, told.detail
              FROM final
        CROSS JOIN LATERAL (SELECT split_part(final.reason, ':', 1) AS reason,
                                   NULLIF(split_part(final.reason, ':', 2), '') AS detail) told
             WHERE %(scope)s
            """,
            decided=self._sql_decided(reading),
            waiting=self._get_reason_codes(lambda reason: reason.outcome == "wait"),
            scope=SQL("TRUE") if moves is None else SQL("move_id = ANY(%s)", moves.ids),
        )

    @api.model
    def _sql_decided(self, reading, item=None):
        """Return the CTEs of the decision, from ``netted`` to ``final``; see ``_query_decision``.

        :param item: SQL that narrows ``_sql_item``, for who asks about some instalments only
        """
        return SQL(
            """
            %(netted)s,
            %(committed)s,
            item AS (%(item)s),
            -- computed once each: taken into what reads them, they would be planned again for each column used
            stepped AS MATERIALIZED (%(stepped)s),
            judged AS MATERIALIZED (%(judged)s),
            grouped AS (%(grouped)s),
            final AS (%(final)s)
            """,
            netted=self.env["relance.ledger"]._sql_netted(reading),
            committed=self._sql_committed(reading),
            item=item or self._sql_item(reading),
            stepped=self._sql_stepped(reading),
            judged=self._sql_judged(reading),
            grouped=self._sql_grouped(reading),
            final=self._sql_final(reading),
        )

    @api.model
    def _sql_committed(self, reading):
        """Return CTEs ending in ``promise``: one row per invoice somebody promised to pay, after ``netted``.

        Columns: move_id; planned, promised (a promise that is not broken, until its last day); broken_since (the
        first day one of its promises was broken, NULL when none is); jump_since (the same, when a broken promise leads
        straight to the formal notice).
        """
        scope = SQL(
            """
            commitment.cancelled IS NOT TRUE AND commitment.date <= %s AND commitment.id IN (
                SELECT link.commitment_id FROM relance_commitment_move_rel link
                  JOIN netted ON netted.move_id = link.move_id
            )
            """,
            reading.as_of,
        )
        return SQL(
            """
            %(standing)s,
            promise AS (
                SELECT link.move_id,
                       bool_or(standing.kind = 'plan' AND standing.holds) AS planned,
                       bool_or(standing.holds) AS promised,
                       MIN(standing.broken_since) FILTER (WHERE standing.state = 'broken') AS broken_since,
                       MIN(standing.broken_since) FILTER (WHERE standing.state = 'broken' AND %(jumps)s) AS jump_since
                  FROM (SELECT *, state <> 'broken' AND last_day >= %(as_of)s AS holds FROM standing) standing
                  JOIN relance_commitment_move_rel link ON link.commitment_id = standing.id
              GROUP BY link.move_id
            )
            """,
            standing=self.env["relance.commitment"]._sql_standing(reading, scope),
            as_of=reading.as_of,
            jumps=reading.company._get_relance_setting("relance_broken_promise") == "formal",
        )

    @api.model
    def _sql_item(self, reading):
        """Return the query of the instalments with their debtor's settings and addressee."""
        company_id = SQL("%s", reading.company.id)
        calendar = SQL("%s::int4", reading.calendar_id) if reading.calendar_id else None
        return SQL(
            """
            SELECT netted.*, %(calendar)s AS calendar_id,
                   %(excluded)s AS excluded, promise.planned, promise.promised, promise.broken_since,
                   promise.jump_since,
                   COALESCE(%(liquidator)s, chosen.id, dunning.id,
                            CASE WHEN MIN(COALESCE(addressee.id, netted.partner_id)) OVER same_debtor
                                      = MAX(COALESCE(addressee.id, netted.partner_id)) OVER same_debtor
                                 THEN addressee.id END,
                            -- of several invoice addresses each has its own
                            CASE WHEN addressee.type = 'invoice' THEN addressee.id END,
                            invoicing.id, netted.partner_id) AS contact_id,
                   %(own)s AS is_own
              FROM netted
              JOIN res_partner partner ON partner.id = netted.partner_id
         LEFT JOIN promise ON promise.move_id = netted.move_id
         LEFT JOIN LATERAL (%(chosen)s) chosen ON TRUE
         LEFT JOIN LATERAL (%(dunning)s) dunning ON TRUE
         LEFT JOIN LATERAL (%(addressee)s) addressee ON TRUE
         LEFT JOIN LATERAL (%(invoicing)s) invoicing ON TRUE
            WINDOW same_debtor AS (PARTITION BY netted.partner_id)
            """,
            chosen=self._sql_contact(self._sql_chosen_contact(reading.company), SQL("netted.partner_id")),
            addressee=self._sql_contact(
                SQL("NULLIF(netted.invoice_partner_id, netted.partner_id)"), SQL("netted.partner_id")
            ),
            calendar=calendar or self._sql_calendar(reading.company, company_id),
            excluded=self._sql_excluded(company_id),
            own=SQL("netted.partner_id IN (SELECT partner_id FROM res_company)"),
            dunning=self._sql_child("relance"),
            invoicing=self._sql_child("invoice"),
            liquidator=self._sql_liquidator(reading),
        )

    @api.model
    def _sql_calendar(self, companies, company_id):
        """Return the calendar of ``partner`` in the company of SQL ``company_id``.

        The debtor's own, that of the segment, of the kind of debtor, of the company.

        Spelled out as a CASE: the planner would take a join with these few rows for a rare match and loop.
        """
        cases = [
            SQL(
                "WHEN %s = %s AND partner.relance_regime = %s THEN %s::int4",
                company_id,
                company.id,
                regime,
                calendar_id,
            )
            for company in companies
            for regime, calendar_id in company._relance_get_calendar_by_regime().items()
            if calendar_id
        ]
        own = SQL("(partner.relance_calendar_id ->> %s::text)::int4", company_id)
        segment = self._sql_segment_calendar(companies, company_id)
        found = [own, *segment, *([SQL("CASE %s END", SQL(" ").join(cases))] if cases else [])]
        return SQL("COALESCE(%s)", SQL(", ").join(found))

    @api.model
    def _sql_segment_calendar(self, companies, company_id):
        """Return the calendar of the segment of ``partner`` in the company of SQL ``company_id``, in a list.

        The list is empty when no segment gives a calendar: nothing is looked up then.
        """
        rules = self.env["relance.segment"]._get_active_rules()
        active = set(self.env["relance.calendar"]._get_active_ids())
        cases = [
            SQL("WHEN %s THEN %s::int4", segment_id, calendar_id)
            for segment_id, _company, calendar_id in rules
            if calendar_id in active
        ]
        if not cases:
            return []
        return [
            SQL(
                """
                (SELECT CASE profile.segment_id %s END FROM relance_partner_profile profile
                  WHERE profile.company_id = %s AND profile.partner_id = partner.id)
                """,
                SQL(" ").join(cases),
                company_id,
            )
        ]

    @api.model
    def _sql_excluded(self, company_id):
        """Return whether ``partner`` is never dunned by the legal entity of the company of SQL ``company_id``."""
        return SQL(
            """
            (partner.relance_exclude IS NOT NULL AND EXISTS (
                SELECT FROM jsonb_each_text(partner.relance_exclude) given
                  JOIN res_company owner ON owner.id::text = given.key
                  JOIN res_company asking ON asking.id = %s
                   AND split_part(asking.parent_path, '/', 1) = split_part(owner.parent_path, '/', 1)
                 WHERE given.value = 'true'))
            """,
            company_id,
        )

    @api.model
    def _sql_stepped(self, reading):
        """Return the query of the instalments with their next level, its date and the channel it can use."""
        return SQL(
            """
            SELECT item.*, calendar.grouping, history.unposted,
                   CASE WHEN next.jumps THEN GREATEST(calendar.min_days, 1) ELSE calendar.min_days END AS min_days,
                   history.level_id IS NOT NULL AS known, next.level_id, next.date, level.kind,
                   level.minimum_amount, level.with_letter, level.channel_email, reach.email AS mailable,
                   %(channel)s AS channel
              FROM item
         LEFT JOIN relance_calendar calendar ON calendar.id = item.calendar_id
         LEFT JOIN LATERAL (%(history)s) history ON TRUE
         LEFT JOIN LATERAL (%(next)s) next ON TRUE
         LEFT JOIN relance_level level ON level.id = next.level_id
         LEFT JOIN LATERAL (%(reach)s) reach ON TRUE
            """,
            history=self._sql_history(reading.as_of, reading.company._relance_get_awaited_letters()),
            next=self._sql_next_level(reading.as_of, reading.company),
            channel=self._sql_channel(),
            reach=self._sql_reach(reading.as_of),
        )

    @api.model
    def _sql_history(self, as_of=None, awaited=("registered",)):
        """Return the LATERAL query of the last level sent for ``item``: level, delay, rank, date, deadline, unposted.

        ``unposted``: nothing of it has reached the debtor yet. An e-mail that goes with a plain letter does.

        :param as_of: only what was dated by then; None for everything
        :param awaited: channels, see ``_relance_get_awaited_letters`` of the company
        """
        return SQL(
            """
            SELECT fact.level_id, level.delay, %(rank)s AS rank,
                   COALESCE(notice.posted_date, notice.date) AS date, notice.deadline,
                   notice.channel IN %(awaited)s AND notice.taken_over IS NOT TRUE AND %(unposted)s
                   AND (notice.channel = 'registered' OR COALESCE(notice.delivery_state, '') NOT IN ('queued', 'sent'))
                   AS unposted
              FROM relance_notice_line fact
              JOIN relance_notice notice ON notice.id = fact.notice_id
              JOIN relance_level level ON level.id = fact.level_id
             WHERE fact.line_id = item.line_id AND fact.state = 'sent' %(by_then)s
          ORDER BY %(rank)s DESC, level.delay DESC
             LIMIT 1
            """,
            rank=self.env["relance.ledger"]._sql_level_rank(SQL("level.kind")),
            unposted=sql_unposted("notice"),
            awaited=awaited,
            by_then=SQL() if as_of is None else SQL("AND notice.date <= %s", as_of),
        )

    @api.model
    def _sql_next_level(self, as_of, companies, day=None):
        """Return the LATERAL query of the next level of an instalment: level_id, date, kind, jumps.

        Expects ``item`` (due, calendar_id, jump_since; company_id where there are several ``companies``) and
        ``history`` in scope. The first level of the calendar after the last one sent, never milder than it; a
        preventive level is out of date once the due date has passed. A calendar
        that catches up by age jumps to the highest level its age allows. Nothing
        comes before the deadline the last notice gave. After a broken promise that
        leads straight to the formal notice (``jump_since``), it is the first formal
        level of the calendar, unless one was sent: the day the promise was broken,
        never before the instalment is late nor on the day of another notice.

        :param as_of: the day, or SQL of it; then ``day`` is one near it, whose days of rest are known
        """
        return SQL(
            """
            SELECT level.id AS level_id, level.kind, level.jumps, %(sent_on)s AS date
              FROM (
                    SELECT step.*,
                           GREATEST(
                               CASE WHEN step.jumps THEN GREATEST(item.jump_since, item.due + 1, history.date + 1)
                                    ELSE item.due + step.delay END,
                               CASE WHEN NOT step.aged AND NOT step.jumps
                                    THEN history.date + (step.delay - history.delay) END,
                               history.deadline
                           ) AS planned
                      FROM (
                            SELECT candidate.id, candidate.kind, candidate.delay, candidate.calendar_id,
                                   calendar.catch_up = 'age' AND item.due + candidate.delay <= %(as_of)s AS aged,
                                   item.jump_since IS NOT NULL AND candidate.kind = 'formal'
                                       AND COALESCE(history.rank, 0) < %(rank)s AS jumps
                              FROM relance_level candidate
                              JOIN relance_calendar calendar ON calendar.id = candidate.calendar_id
                             WHERE candidate.calendar_id = item.calendar_id
                               AND candidate.delay > COALESCE(history.delay, candidate.delay - 1)
                               AND %(rank)s >= COALESCE(history.rank, 0)
                               AND (candidate.kind <> 'preventive' OR item.due >= %(as_of)s)
                           ) step
                  ORDER BY step.jumps DESC, step.aged DESC,
                           CASE WHEN step.aged AND NOT step.jumps THEN -step.delay ELSE step.delay END
                     LIMIT 1
                   ) level
            """,
            sent_on=self._sql_sending_date(day or as_of, companies),
            as_of=as_of,
            rank=self.env["relance.ledger"]._sql_level_rank(SQL("candidate.kind")),
        )

    @api.model
    def _sql_sending_date(self, as_of, companies):
        """Return the day on which ``level`` (calendar_id, kind, planned) leaves, as the companies work.

        Where one works on working days only, what is planned for another day leaves on the next day on which its
        calendar sends as well; what is preventive on the one before, so that it still comes in good time.
        """
        working = companies.filtered(lambda company: company._get_relance_setting("relance_working_days"))
        cases = []
        for zone, zoned in working.grouped(lambda company: company._get_relance_setting("relance_holidays")).items():
            holidays = [day for year in range(as_of.year - 1, as_of.year + 4) for day in public_holidays(year, zone)]
            values = {
                "here": SQL("item.company_id = ANY(%s) AND", zoned.ids) if len(companies) > 1 else SQL(),
                "rests": self._sql_rests(SQL("level.planned"), holidays),
                "other": SQL("other.planned"),
                "rests_then": self._sql_rests(SQL("other.planned"), holidays),
                "weekdays": SQL(", ").join(SQL.identifier("calendar", name) for name in WEEKDAYS),
                "horizon": HORIZON,
            }
            cases.append(
                SQL(
                    """
                    WHEN %(here)s %(rests)s THEN (
                         SELECT other.planned
                           FROM relance_calendar calendar
                     CROSS JOIN generate_series(1, %(horizon)s) days
                     CROSS JOIN LATERAL (
                                SELECT level.planned + CASE level.kind WHEN 'preventive' THEN -days ELSE days END
                                       AS planned
                                ) other
                          WHERE calendar.id = level.calendar_id AND NOT %(rests_then)s
                            AND (ARRAY[%(weekdays)s])[EXTRACT(isodow FROM other.planned)::int]
                       ORDER BY days
                          LIMIT 1
                         )
                    """,
                    **values,
                )
            )
        return SQL("COALESCE(CASE %s END, level.planned)", SQL(" ").join(cases)) if cases else SQL("level.planned")

    @api.model
    def _sql_rests(self, day, holidays):
        return SQL("(EXTRACT(isodow FROM %s) > 5 OR %s = ANY(%s::date[]))", day, day, sorted(holidays))

    @api.model
    def _sql_judged(self, reading):
        """Return the query of the reason about each instalment taken alone, the most lasting first."""
        return SQL(
            """
            SELECT stepped.*,
                   CASE %(tests)s
                        ELSE 'due' END AS reason
              FROM stepped
         LEFT JOIN LATERAL (%(hold)s) hold ON TRUE
         LEFT JOIN LATERAL (%(drafted)s) drafted ON TRUE
         LEFT JOIN LATERAL (%(contacted)s) contacted ON TRUE
         LEFT JOIN LATERAL (%(collection)s) collection ON TRUE
            """,
            tests=self._sql_reason_tests(reading),
            hold=self._sql_hold(reading),
            drafted=self._sql_drafted(reading),
            contacted=self._sql_contacted(reading),
            collection=self._sql_collection(reading),
        )

    @api.model
    def _sql_reason_tests(self, reading):
        """Return the WHEN clauses, in the order of their tests.

        They read ``stepped`` and, joined to it, ``hold``, ``drafted``, ``contacted`` and ``collection``.

        What addons add comes before the reason they name.
        """
        tests = [
            ("excluded", SQL("WHEN stepped.no_followup OR stepped.excluded THEN 'excluded'")),
            ("insolvent", SQL("WHEN hold.insolvent THEN 'insolvent'")),
            ("disputed", SQL("WHEN hold.disputed THEN 'disputed'")),
            ("held", SQL("WHEN hold.held OR stepped.payment_state = 'blocked' THEN 'held'")),
            (
                "payment_in_progress",
                SQL(
                    """
                    WHEN stepped.net <= 0 AND stepped.pending > 0 AND stepped.credit_share = 0 THEN
                         CASE WHEN stepped.discount > 0 THEN 'payment_in_progress:discount'
                              ELSE 'payment_in_progress' END
                    """
                ),
            ),
            (
                "discount_taken",
                SQL("WHEN stepped.net <= 0 AND stepped.discount > 0 THEN 'discount_taken'"),
            ),
            ("covered_by_credit", SQL("WHEN stepped.net <= 0 THEN 'covered_by_credit'")),
            ("held", SQL("WHEN stepped.held >= stepped.net THEN stepped.held_reason")),
            ("receipt_to_match", self._sql_receipt_to_match(reading)),
            ("on_plan", SQL("WHEN stepped.planned THEN 'on_plan'")),
            ("promised", SQL("WHEN stepped.promised THEN 'promised'")),
            ("direct_debit", SQL("WHEN collection.by_debit THEN 'direct_debit'")),
            ("awaiting_approval", SQL("WHEN drafted.state = 'to_approve' THEN 'awaiting_approval'")),
            ("already_drafted", SQL("WHEN drafted.stuck THEN 'already_drafted:stuck'")),
            ("", SQL("WHEN drafted.state IS NOT NULL THEN 'already_drafted'")),
            ("no_calendar", SQL("WHEN stepped.calendar_id IS NULL THEN 'no_calendar'")),
            ("last_level_reached", SQL("WHEN stepped.level_id IS NULL THEN 'last_level_reached'")),
            ("", self._sql_automatic_stops(reading) if reading.automatic else SQL()),
            (
                "not_due",
                SQL("WHEN stepped.date > %(day)s AND stepped.due >= %(day)s THEN 'not_due'", day=reading.as_of),
            ),
            ("too_early", SQL("WHEN stepped.date > %s THEN 'too_early'", reading.as_of)),
            ("", self._sql_just_entered(reading) if reading.automatic else SQL()),
            ("awaiting_approval", SQL("WHEN stepped.unposted THEN 'awaiting_approval'")),
            ("too_recent", SQL("WHEN contacted.date > %s - stepped.min_days THEN 'too_recent'", reading.as_of)),
            ("no_address", SQL("WHEN stepped.channel IS NULL THEN 'no_address'")),
        ]
        reasons, added = self._get_reasons(), {}
        for code, condition in self._get_reason_conditions(reading).items():
            clause = SQL("WHEN %s THEN %s", condition, code)
            added.setdefault(reasons[code].before, []).append(clause)
        clauses = []
        for code, clause in tests:
            clauses += [*added.pop(code, ()), clause]
        for last in added.values():
            clauses += last
        return SQL("\n").join(clauses)

    @api.model
    def _sql_receipt_to_match(self, reading):
        """Return the WHEN clause on ``stepped``: money that is not matched may have paid all that is asked for.

        Not where a person chose the invoice, who is warned.
        """
        if reading.by_hand:
            return SQL()
        return SQL("WHEN stepped.doubt >= stepped.net - stepped.held THEN 'receipt_to_match'")

    @api.model
    def _get_reason_conditions(self, reading):
        """Return ``{code: SQL condition}`` of the reasons that addons add to the table of reasons.

        A condition reads the columns of ``stepped``: an open instalment (line_id, move_id, partner_id, currency_id,
        due, residual, net) with its next level (level_id, kind, date, channel), and ``hold``, ``drafted`` and
        ``contacted``. It holds for thousands of them in one statement: look records up by EXISTS or an array.

        :param reading: what the decision is about; ``automatic``: the daily job decides, not a person
        """
        return {}

    @api.model
    def _sql_automatic_stops(self, reading):
        """Return the WHEN clauses on ``stepped`` that stop the daily job only: a person decides otherwise.

        What follows the colon tells one case of a reason from the others.
        """
        start = reading.company._get_relance_setting("relance_start_date")
        before_start = SQL()
        if start:
            before_start = SQL(
                """
                WHEN stepped.due < %(start)s AND NOT stepped.known THEN 'held:start'
                WHEN %(as_of)s < %(start)s AND stepped.date <= %(as_of)s THEN 'held:not_live'
                """,
                start=start,
                as_of=reading.as_of,
            )
        return SQL(
            """
            %(before_start)s
            WHEN stepped.is_own THEN 'held:group'
            WHEN EXISTS (
                 SELECT FROM relance_notice_line fact
                   JOIN relance_notice notice ON notice.id = fact.notice_id
                  WHERE fact.line_id = stepped.line_id AND fact.level_id = stepped.level_id
                    AND notice.lapsed_on > %(as_of)s - GREATEST(stepped.min_days, 1)
                 ) THEN 'too_recent:lapsed'
            WHEN EXISTS (
                 SELECT FROM relance_notice_line fact
                   JOIN relance_notice notice ON notice.id = fact.notice_id
                  WHERE fact.line_id = stepped.line_id AND notice.cancelled_until >= %(as_of)s
                    AND notice.state = 'cancelled'
                 ) THEN 'too_recent:cancelled'
            """,
            before_start=before_start,
            as_of=reading.as_of,
        )

    @api.model
    def _sql_just_entered(self, reading):
        """Return the WHEN clause on ``stepped`` of what was posted on the very day, its due date past already."""
        return SQL(
            """
            WHEN stepped.due < %(as_of)s AND EXISTS (
                 SELECT FROM account_move entered
                  WHERE entered.id = stepped.move_id AND entered.relance_entered_on = %(as_of)s
                 ) THEN 'too_early:entered'
            """,
            as_of=reading.as_of,
        )

    @api.model
    def _sql_hold(self, reading):
        """Return the LATERAL query of the holds on the whole of ``stepped``.

        An insolvency concerns what was born by the day of its judgment (C. com. L622-21): what the debtor
        ordered later is paid at its own due date (L622-17) and dunned like anything else, until the proceedings are
        closed for lack of assets: then nobody is left to pay (L643-11).
        """
        return SQL(
            """
            SELECT bool_or(reason = 'insolvency') AS insolvent, bool_or(reason = 'dispute') AS disputed,
                   COUNT(*) > 0 AS held
              FROM relance_hold
             WHERE partner_id = stepped.partner_id AND company_id = ANY(%(entity)s)
               AND (move_id IS NULL OR move_id = stepped.move_id) AND (line_id IS NULL OR line_id = stepped.line_id)
               AND COALESCE(amount, 0) = 0
               AND (reason <> 'insolvency' OR %(earlier)s
                    OR insolvency_outcome = 'insufficient' AND stepped.born <= insolvency_outcome_date)
               AND %(running)s
            """,
            entity=reading.company._relance_get_entity_ids(),
            earlier=self.env["relance.ledger"]._sql_born_before(
                SQL("relance_hold"), SQL("stepped.move_id"), SQL("stepped.born")
            ),
            running=self.env["relance.ledger"]._sql_running(reading),
        )

    @api.model
    def _sql_drafted(self, reading):
        """Return the LATERAL query of the notice not sent yet that holds ``stepped`` (an index allows one).

        ``stuck``: it is a draft that cannot leave until a person mends something.
        """
        return SQL(
            """
            SELECT fact.state, fact.state = 'draft' AND notice.failure_reason IS NOT NULL AS stuck
              FROM relance_notice_line fact
              JOIN relance_notice notice ON notice.id = fact.notice_id
             WHERE fact.line_id = stepped.line_id AND fact.state IN ('draft', 'to_approve', 'ready') AND NOT %s
            """,
            reading.again,
        )

    @api.model
    def _sql_contacted(self, reading):
        """Return the LATERAL query of the last notice to a debtor; one on its way counts, approved or not.

        One that waits for approval holds the others back for the days of the calendar, not for ever: what leaves
        meanwhile holds it back in turn (``_keep_min_interval``).
        One that could not be made out, or lapsed, holds the daily job back as well; a person may try again at once.
        """
        return SQL(
            """
            SELECT MAX(CASE WHEN state = 'failed' AND stepped.min_days < 1 THEN date + 1
                            -- a letter speaks on the day it was posted
                            WHEN posted_date <= %(as_of)s THEN GREATEST(date, posted_date) ELSE date END) AS date
              FROM relance_notice
             WHERE partner_id = stepped.partner_id AND company_id = ANY(%(entity)s) AND date <= %(as_of)s
               AND (state IN ('draft', 'to_approve', 'ready', 'sent') %(failed)s)
            """,
            entity=reading.company._relance_get_entity_ids(),
            as_of=reading.as_of,
            failed=SQL("OR state = 'failed' AND failure_kind IN ('technical', 'lapsed')")
            if reading.automatic
            else SQL(),
        )

    @api.model
    def _sql_collection(self, reading):
        """Return the LATERAL query of whether the company collects the invoice of ``stepped`` itself, by direct debit.

        What the invoice says counts, else the way its payment method, its terms or its customer are paid. A debit that
        was rejected or cancelled is no way to be paid any more: the debtor is asked.
        """
        return SQL(
            """
            SELECT COALESCE(move.relance_collection = 'debit', term.relance_direct_debit
                            OR method.code = 'sdd' OR method.code LIKE '%%direct_debit%%'
                            OR (debtor.relance_direct_debit ->> %(company)s::text)::boolean, FALSE)
                   AND NOT EXISTS (
                       SELECT FROM account_move__account_payment link
                         JOIN account_payment payment ON payment.id = link.payment_id
                        WHERE link.invoice_id = move.id AND payment.state IN ('rejected', 'canceled')) AS by_debit
              FROM account_move move
              JOIN res_partner debtor ON debtor.id = stepped.partner_id
         LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
         LEFT JOIN account_payment_method_line used ON used.id = move.preferred_payment_method_line_id
         LEFT JOIN account_payment_method method ON method.id = used.payment_method_id
             WHERE move.id = stepped.move_id
            """,
            company=reading.company.id,
        )

    @api.model
    def _sql_grouped(self, reading):
        """Return the query of the instalments with what the notice they would go into holds.

        ``sends``: it goes into one; ``late_too``: something late does.
        """
        debtor = SQL("partner_id, currency_id, kind = 'preventive'")
        notice = SQL("%s, CASE WHEN grouping = 'invoice' THEN move_id END", debtor)
        by_notice = sql_enough(self._sql_minima(reading), "is_due", "fits", SQL("notice_minimum"), notice)
        return SQL(
            """
            SELECT judged.*, bool_or(sends AND kind <> 'preventive') OVER debtor AS late_too, %(lack)s AS lack
              FROM (%(by_debtor)s) judged
            WINDOW notice AS (PARTITION BY %(notice)s),
                   debtor AS (PARTITION BY partner_id)
            """,
            by_debtor=sql_enough(by_notice, "fits", "sends", SQL("debtor_minimum"), debtor),
            notice=notice,
            lack=self._sql_lack(reading),
        )

    @api.model
    def _sql_minima(self, reading):
        """Return the query of ``judged`` with its ``amount`` in the currency of the company, and the least it takes.

        The minimum of a level is that of a notice, those of the company are those of a debtor: the same where a debtor
        gets one notice. They are held against the principal still open: penalties and indemnity never reach them.
        """
        least, paper = (
            Decimal(str(reading.company._get_relance_setting(name)))
            for name in ("relance_minimum", "relance_minimum_paper")
        )
        paper = max(least, paper)
        # A notice that goes on claiming what is drafted claims no less either.
        going = self._get_reason_codes(lambda reason: reason.stays)
        own = SQL("CASE WHEN channel IN %s THEN %s ELSE %s END", PAPER, paper, least)
        return SQL(
            """
            SELECT judged.*, %(is_due)s AS is_due, %(asked)s * company_rate AS amount,
                   GREATEST(COALESCE(minimum_amount, 0), CASE WHEN grouping = 'invoice' THEN 0 ELSE %(own)s END)
                       AS notice_minimum,
                   CASE WHEN grouping = 'invoice' THEN %(own)s ELSE 0 END AS debtor_minimum,
                   CASE WHEN COALESCE(minimum_amount, 0) >= %(own)s THEN ''
                        WHEN channel IN %(on_paper)s AND %(paper)s > %(least)s THEN ':paper'
                        ELSE ':company' END AS minimum
              FROM judged
            """,
            asked=ASKED,
            is_due=SQL("reason = ANY(%s)", going) if reading.again else SQL("reason = 'due'"),
            own=own,
            on_paper=PAPER,
            paper=paper,
            least=least,
        )

    @api.model
    def _sql_lack(self, reading):
        """Return the key of what stops an instalment of ``judged``, NULL when nothing does: for the daily job.

        Expects the window ``notice``: what one instalment calls for stops the notice as a whole.
        """
        if reading.company_ready or not reading.automatic:
            return SQL("NULL::text")
        conditions = reading.company._relance_get_lack_conditions(
            paper=sql_lettered(SQL("channel"), SQL("with_letter")),
            mailed=SQL("(channel = 'email' OR channel_email AND mailable)"),
            kind=SQL("kind"),
            currency=SQL("currency_id"),
            named=self.env["res.company"]._relance_sql_named_account(SQL("judged.move_id")),
        )
        if not conditions:
            return SQL("NULL::text")
        account = conditions.pop("iban", SQL("FALSE"))
        lacks = SQL(" ").join(SQL("WHEN %s THEN %s", condition, key) for key, condition in conditions.items())
        return SQL(
            """
            COALESCE(MIN(CASE WHEN NOT sends THEN NULL %s END) OVER notice,
                     CASE WHEN bool_and(%s) FILTER (WHERE sends) OVER notice THEN 'iban' END)
            """,
            lacks,
            account,
        )

    @api.model
    def _sql_final(self, reading):
        """Return the query of the reason once the rest of the notice is known.

        A reminder of what is not due yet never rides with a claim of what is late.
        """
        return SQL(
            """
            SELECT line_id, move_id, partner_id, contact_id, currency_id, due, %(asked)s AS net, company_rate,
                   calendar_id, level_id, date, channel, grouping, broken_since,
                   CASE WHEN NOT grouped.is_due THEN grouped.reason
                   WHEN NOT grouped.sends THEN 'below_minimum' || grouped.minimum
                   WHEN grouped.reason <> 'due' THEN grouped.reason
                   WHEN grouped.late_too AND grouped.kind = 'preventive' THEN 'too_recent'
                   WHEN grouped.lack IS NOT NULL THEN 'not_ready:' || grouped.lack
                   WHEN %(bank_is_late)s THEN 'bank_not_up_to_date'
                   ELSE 'due' END AS reason
              FROM grouped
            """,
            asked=ASKED,
            bank_is_late=reading.automatic and not self.env["relance.ledger"]._is_bank_up_to_date(reading),
        )
