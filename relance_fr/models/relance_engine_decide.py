from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """Decide: for every open instalment of a company, send, wait or skip, and why.

    One SQL statement. Reasons are tested in a fixed order, the most lasting
    first, so that the reason given is the one to deal with.
    """

    _inherit = "relance.engine"

    @api.model
    def _decide(self, run, by_hand, moves=None):
        """Write the decisions of ``run``'s company and date into its lines, in the place of those it has.

        An instalment that a person left out stays left out.

        :param by_hand: a person asks: the bank may be late; everything overdue is shown.
            The cron only keeps what has come to its date, in the calendars that send on that day.
        :param moves: only these invoices; None for all
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH fresh AS MATERIALIZED (%(decided)s),
                known AS MATERIALIZED (SELECT id, line_id FROM relance_run_line WHERE run_id = %(run)s),
                gone AS (
                    DELETE FROM relance_run_line USING known
                     WHERE relance_run_line.id = known.id
                       AND (known.line_id IS NULL OR known.line_id NOT IN (SELECT line_id FROM fresh))
                 RETURNING relance_run_line.id
                ), kept AS (
                    UPDATE relance_run_line item
                       SET move_id = fresh.move_id, partner_id = fresh.partner_id, contact_id = fresh.contact_id,
                           level_id = fresh.level_id, decided_level_id = NULL, channel = fresh.channel,
                           date = fresh.date, date_maturity = fresh.due,
                           days_late = GREATEST(0, %(today)s - fresh.due), currency_id = fresh.currency_id,
                           amount_residual = fresh.net, decision = fresh.decision, reason = fresh.reason,
                           detail = fresh.detail, debtor_id = NULL, notice_id = NULL,
                           selected = fresh.decision = 'send' AND item.left_out IS NOT TRUE,
                           write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                      FROM fresh, known
                     WHERE item.id = known.id AND known.line_id = fresh.line_id
                 RETURNING item.id
                ), added AS (
                    INSERT INTO relance_run_line (
                        run_id, company_id, line_id, move_id, partner_id, contact_id, level_id, channel, date,
                        date_maturity, days_late, currency_id, amount_residual, decision, reason, detail, selected,
                        create_uid, create_date, write_uid, write_date)
                    SELECT %(run)s, %(company)s, line_id, move_id, partner_id, contact_id, level_id, channel, date,
                           due, GREATEST(0, %(today)s - due), currency_id, net, decision, reason, detail,
                           decision = 'send',
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                      FROM fresh
                     WHERE line_id NOT IN (SELECT line_id FROM known WHERE line_id IS NOT NULL)
                  ORDER BY partner_id, due, line_id
                 RETURNING id
                )
                SELECT (SELECT COUNT(*) FROM gone), (SELECT COUNT(*) FROM kept), (SELECT COUNT(*) FROM added)
                """,
                run=run.id,
                company=run.company_id.id,
                today=run.date,
                uid=self.env.uid,
                decided=self._query_filtered(run, self._query_run(run, by_hand, moves)),
            )
        )
        self.env["relance.run.line"].invalidate_model()
        run.invalidate_recordset(["line_ids", "send_count", "stopped_count"])

    @api.model
    def _query_run(self, run, by_hand, moves=None):
        """Return the query of the decisions that ``run`` is about, whatever its filters; see ``_decide``."""
        decision = self._query_decision(run.company_id, run.date, automatic=not by_hand, moves=moves)
        kept = SQL("TRUE")
        if not by_hand:
            kept = self._sql_comes_today(run.company_id, run.date)
        elif moves is None:
            kept = SQL("(decided.due < %(today)s OR decided.date <= %(today)s)", today=run.date)
        return SQL("SELECT * FROM (%s) decided WHERE %s", decision, kept)

    @api.model
    def _query_filtered(self, run, decided):
        """Return the query of what the filters of ``run`` leave of the decisions of query ``decided``.

        The minimum is that of a debtor, in the currency of the company. An override may only filter further.
        """
        conditions = [SQL("TRUE")]
        if run.calendar_ids:
            conditions.append(SQL("calendar_id = ANY(%s)", run.calendar_ids.ids))
        if run.level_ids:
            conditions.append(SQL("level_id = ANY(%s)", run.level_ids.ids))
        query = SQL("SELECT * FROM (%s) decided WHERE %s", decided, SQL(" AND ").join(conditions))
        if not run.minimum_amount:
            return query
        return SQL(
            """
            SELECT * FROM (SELECT *, SUM(net * company_rate) OVER (PARTITION BY partner_id) AS owed FROM (%s) decided)
                decided WHERE owed >= %s
            """,
            query,
            run.minimum_amount,
        )

    @api.model
    def _sql_comes_today(self, company, today):
        """Return the condition on ``decided``: its level has come to its date, in a calendar that sends today."""
        calendars = self.env["relance.calendar"].sudo()._get_active()
        zone = company.sudo().relance_holidays
        sending = calendars.filtered(lambda calendar: calendar._can_send_on(today, zone))
        return SQL(
            """
            decided.date <= %s AND decided.level_id IN (SELECT id FROM relance_level WHERE calendar_id = ANY(%s))
            """,
            today,
            sending.ids,
        )

    @api.model
    def _query_decision(self, company, as_of, automatic, moves=None, partner_ids=None, again=False):
        """Return the query of the decision about each open instalment.

        Columns: line_id, move_id, partner_id, contact_id, currency_id, due, net (what may be claimed, without the
        part held), company_rate, calendar_id, level_id, date, channel, grouping, broken_since (a promise about its
        invoice was broken), decision, reason, detail (which case of the reason, for the sentence that says why; else
        NULL).

        :param automatic: what the cron would do: it waits for an up-to-date bank
        :param moves: only the instalments of these invoices
        :param partner_ids: only those of these debtors (commercial partners)
        :param again: decide as if the notices not sent yet did not exist, to check what they claim
        """
        if moves is not None:
            partner_ids = moves.commercial_partner_id.ids
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
            decided=self._sql_decided(company, as_of, automatic, partner_ids, again),
            waiting=self._get_reason_codes(lambda reason: reason.outcome == "wait"),
            scope=SQL("TRUE") if moves is None else SQL("move_id = ANY(%s)", moves.ids),
        )

    @api.model
    def _sql_decided(self, company, as_of, automatic, partner_ids=None, again=False, item=None):
        """Return the CTEs of the decision, from ``netted`` to ``final``; see ``_query_decision``.

        :param item: SQL that narrows ``_sql_item``, for who asks about some instalments only
        """
        return SQL(
            """
            %(netted)s,
            %(committed)s,
            item AS (%(item)s),
            stepped AS (%(stepped)s),
            judged AS (%(judged)s),
            grouped AS (%(grouped)s),
            final AS (%(final)s)
            """,
            netted=self._sql_netted(company, as_of, partner_ids),
            committed=self._sql_committed(company, as_of),
            item=item or self._sql_item(company),
            stepped=self._sql_stepped(as_of),
            judged=self._sql_judged(company, as_of, again, automatic),
            grouped=self._sql_grouped(self._sql_lack(company) if automatic else SQL("NULL::text")),
            final=self._sql_final(automatic and not self._is_bank_up_to_date(company, as_of)),
        )

    # === THE DECISION === #

    @api.model
    def _sql_stepped(self, as_of):
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
            history=self._sql_history(as_of),
            next=self._sql_next_level(as_of),
            channel=self._sql_channel(),
            reach=self._sql_reach(as_of),
        )

    @api.model
    def _sql_channel(self):
        """Return the channel of ``level`` that can ``reach`` the addressee, the one that makes the best proof first."""
        return SQL(
            """
            CASE WHEN level.channel_registered AND reach.postal THEN 'registered'
                 WHEN level.channel_letter AND reach.postal THEN 'letter'
                 WHEN reach.email AND (level.channel_email OR level.channel_registered OR level.channel_letter)
                 THEN 'email'
                 WHEN level.channel_email AND reach.postal THEN 'letter'
                 WHEN level.channel_call THEN 'call' END
            """
        )

    @api.model
    def _sql_judged(self, company, as_of, again, automatic):
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
            """,
            tests=self._sql_reason_tests(company, as_of, automatic),
            hold=self._sql_hold(company, as_of),
            drafted=self._sql_drafted(again),
            contacted=self._sql_contacted(company, as_of, automatic),
        )

    @api.model
    def _sql_reason_tests(self, company, as_of, automatic):
        """Return the WHEN clauses on ``stepped``, ``hold``, ``drafted`` and ``contacted``, in the order of their tests.

        What addons add comes before the reason they name.
        """
        tests = [
            ("excluded", SQL("WHEN stepped.no_followup OR stepped.excluded THEN 'excluded'")),
            ("insolvent", SQL("WHEN hold.insolvent THEN 'insolvent'")),
            ("disputed", SQL("WHEN hold.disputed THEN 'disputed'")),
            ("held", SQL("WHEN hold.held OR stepped.payment_state = 'blocked' THEN 'held'")),
            ("payment_in_progress", SQL("WHEN stepped.residual <= stepped.pending THEN 'payment_in_progress'")),
            ("covered_by_credit", SQL("WHEN stepped.net <= 0 THEN 'covered_by_credit'")),
            ("held", SQL("WHEN stepped.held >= stepped.net THEN stepped.held_reason")),
            ("on_plan", SQL("WHEN stepped.planned THEN 'on_plan'")),
            ("promised", SQL("WHEN stepped.promised THEN 'promised'")),
            ("awaiting_approval", SQL("WHEN drafted.state = 'to_approve' THEN 'awaiting_approval'")),
            ("already_drafted", SQL("WHEN drafted.state IS NOT NULL THEN 'already_drafted'")),
            ("no_calendar", SQL("WHEN stepped.calendar_id IS NULL THEN 'no_calendar'")),
            ("last_level_reached", SQL("WHEN stepped.level_id IS NULL THEN 'last_level_reached'")),
            ("", self._sql_automatic_stops(company, as_of) if automatic else SQL()),
            ("not_due", SQL("WHEN stepped.date > %(day)s AND stepped.due >= %(day)s THEN 'not_due'", day=as_of)),
            ("too_early", SQL("WHEN stepped.date > %s THEN 'too_early'", as_of)),
            ("awaiting_approval", SQL("WHEN stepped.unposted THEN 'awaiting_approval'")),
            ("too_recent", SQL("WHEN contacted.date > %s - stepped.min_days THEN 'too_recent'", as_of)),
            ("no_address", SQL("WHEN stepped.channel IS NULL THEN 'no_address'")),
        ]
        reasons, added = self._get_reasons(), {}
        for code, condition in self._get_reason_conditions(company, as_of, automatic).items():
            clause = SQL("WHEN %s THEN %s", condition, code)
            added.setdefault(reasons[code].before, []).append(clause)
        clauses = []
        for code, clause in tests:
            clauses += [*added.pop(code, ()), clause]
        for last in added.values():
            clauses += last
        return SQL("\n").join(clauses)

    @api.model
    def _get_reason_conditions(self, company, as_of, automatic):
        """Return ``{code: SQL condition}`` of the reasons that addons add to the table of reasons.

        A condition reads the columns of ``stepped``: an open instalment (line_id, move_id, partner_id, currency_id,
        due, residual, net) with its next level (level_id, kind, date, channel), and ``hold``, ``drafted`` and
        ``contacted``. It holds for thousands of them in one statement: look records up by EXISTS or an array.

        :param automatic: what the daily job decides; a person decides otherwise
        """
        return {}

    @api.model
    def _sql_grouped(self, lack):
        """Return the query of the instalments with what the notice they would go into holds.

        :param lack: SQL of what the company lacks to make it, see ``_sql_lack``
        """
        return SQL(
            """
            SELECT judged.*,
                   SUM(CASE WHEN reason = 'due' THEN (net - held) * company_rate ELSE 0 END) OVER notice AS claimed,
                   bool_or(reason = 'due' AND kind <> 'preventive') OVER debtor AS late_too,
                   %(lack)s AS lack
              FROM judged
            WINDOW notice AS (PARTITION BY partner_id, currency_id, CASE WHEN grouping = 'invoice' THEN move_id END),
                   debtor AS (PARTITION BY partner_id)
            """,
            lack=lack,
        )

    @api.model
    def _sql_final(self, bank_is_late):
        """Return the query of the reason once the rest of the notice is known.

        A reminder of what is not due yet never rides with a claim of what is late.
        """
        return SQL(
            """
            SELECT line_id, move_id, partner_id, contact_id, currency_id, due, net - held AS net, company_rate,
                   calendar_id, level_id, date, channel, grouping, broken_since,
                   CASE WHEN grouped.reason <> 'due' THEN grouped.reason
                   WHEN grouped.late_too AND grouped.kind = 'preventive' THEN 'too_recent'
                   WHEN grouped.claimed < COALESCE(grouped.minimum_amount, 0) THEN 'below_minimum'
                   WHEN grouped.lack IS NOT NULL THEN 'not_ready:' || grouped.lack
                   WHEN %(bank_is_late)s THEN 'bank_not_up_to_date'
                   ELSE 'due' END AS reason
              FROM grouped
            """,
            bank_is_late=bank_is_late,
        )
