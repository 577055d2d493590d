from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..tools.channels import PAPER


class RelanceEngine(models.AbstractModel):
    """What a person chooses on a notice to come: whether it leaves, at which level, by which channel.

    A choice is stored in the decisions of the run, which the draft reads: rows, notices and register follow. It
    never goes back on what was sent, never claims what is not due, never comes before a deadline that was given.
    """

    _inherit = "relance.engine"

    # === TICKS === #

    @api.model
    def _select_debtors(self, debtors, selected):
        """Tick or untick the rows ``debtors`` with all their instalments."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT debtor_id FROM relance_run_line WHERE debtor_id = ANY(%s)
              GROUP BY debtor_id HAVING bool_or(selected) AND NOT bool_and(selected)
                """,
                debtors.ids,
            )
        )
        self.env.execute_query(
            SQL(
                """
                WITH ticked AS (
                    UPDATE relance_run_line SET selected = %(selected)s, left_out = NOT %(selected)s
                     WHERE debtor_id = ANY(%(ids)s)
                )
                UPDATE relance_run_debtor
                   SET selected = %(selected)s, left_out_by = %(by)s,
                       left_out_reason = CASE WHEN %(selected)s THEN NULL ELSE left_out_reason END
                 WHERE id = ANY(%(ids)s) RETURNING id
                """,
                selected=selected,
                by=None if selected else self.env.uid,
                ids=debtors.ids,
            )
        )
        self._forget_choices(debtors)
        self._refigure_debtors(debtors.browse(row[0] for row in rows))

    @api.model
    def _sync_debtors(self, debtors):
        """Bring rows in line with the ticks of their instalments: none left, the notice does not leave."""
        if not debtors:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_debtor
                   SET selected = ticked.selected, left_out_by = CASE WHEN ticked.selected THEN NULL ELSE %s::int4 END
                  FROM (SELECT debtor_id, bool_or(selected) AS selected FROM relance_run_line
                         WHERE debtor_id = ANY(%s) GROUP BY debtor_id) ticked
                 WHERE relance_run_debtor.id = ticked.debtor_id RETURNING relance_run_debtor.id
                """,
                self.env.uid,
                debtors.ids,
            )
        )
        self._forget_choices(debtors)
        self._refigure_debtors(debtors)

    @api.model
    def _forget_choices(self, debtors):
        """Read what a person chose anew: it was written set-based."""
        debtors.invalidate_recordset(["selected", "left_out_by", "left_out_reason", "level_chosen", "channel_chosen"])
        self.env["relance.run.line"].invalidate_model(
            ["selected", "left_out", "level_id", "decided_level_id", "channel"]
        )
        debtors.run_id.invalidate_recordset()

    # === LEVEL === #

    @api.model
    def _choose_level(self, debtors, level):
        """Send the rows ``debtors`` at ``level``; an instalment that cannot take it keeps its own, milder one.

        :param level: the level the calendar gives, or none, to go back to it
        :raises UserError: when a row cannot be sent at this level, saying why
        """
        options = self._get_level_options(debtors)
        levels, chosen = {}, {}
        for debtor in debtors:
            lines = options[debtor.id]
            default = self._get_default_level(lines)
            target = level.id or default
            if obstacle := self._get_level_obstacle(lines, target):
                raise UserError(obstacle)
            chosen[debtor.id] = {"level_chosen": target != default}
            for run_line_id, by_level in lines.items():
                takes = target != default and not by_level[target]["obstacle"]
                levels[run_line_id] = target if takes else next(iter(by_level.values()))["own_id"]
        self._update_rows("relance.run.debtor", chosen)
        self._check_reached(self._store_levels(levels))
        self._forget_choices(debtors)
        self._refigure_debtors(debtors)

    @api.model
    def _get_level_options(self, debtors):
        """Return ``{row id: {run line id: {level id: option}}}``: the levels of the calendar of each instalment.

        An option is a dict: ``own_id`` (the level decided), ``severity`` and ``own_severity`` (rank, delay),
        ``obstacle`` (None, ``late``, ``not_due``, ``passed`` or ``deadline``), ``deadline``, ``invoice``, ``level``.
        """
        self.env.flush_all()
        options = {debtor.id: {} for debtor in debtors}
        for row in self.env.execute_query_dict(self._query_level_options(debtors)):
            row["severity"] = (row.pop("rank"), row.pop("delay"))
            row["own_severity"] = (row.pop("own_rank"), row.pop("own_delay"))
            options[row["debtor_id"]].setdefault(row["run_line_id"], {})[row["level_id"]] = row
        return options

    @api.model
    def _query_level_options(self, debtors):
        return SQL(
            """
            SELECT item.debtor_id, item.id AS run_line_id, own.id AS own_id, candidate.id AS level_id,
                   %(rank)s AS rank, candidate.delay, %(own_rank)s AS own_rank, own.delay AS own_delay,
                   move.name AS invoice, history.deadline,
                   CASE WHEN candidate.id = own.id THEN NULL
                        WHEN candidate.kind = 'preventive' AND item.date_maturity < run.date THEN 'late'
                        WHEN candidate.kind <> 'preventive' AND item.date_maturity >= run.date THEN 'not_due'
                        WHEN %(rank)s < history.rank OR candidate.delay <= history.delay THEN 'passed'
                        WHEN history.deadline > run.date THEN 'deadline' END AS obstacle
              FROM relance_run_line item
              JOIN relance_run run ON run.id = item.run_id
              JOIN account_move move ON move.id = item.move_id
              JOIN relance_level own ON own.id = COALESCE(item.decided_level_id, item.level_id)
              JOIN relance_level candidate ON candidate.calendar_id = own.calendar_id
         LEFT JOIN LATERAL (%(history)s) history ON TRUE
             WHERE item.debtor_id = ANY(%(ids)s)
          ORDER BY item.id, candidate.delay
            """,
            rank=self._sql_level_rank(SQL("candidate.kind")),
            own_rank=self._sql_level_rank(SQL("own.kind")),
            history=self._sql_history(),
            ids=debtors.ids,
        )

    @api.model
    def _get_default_level(self, lines):
        """Return the id of the level a row has by its calendar: the highest of its instalments' own."""
        own = [next(iter(by_level.values())) for by_level in lines.values()]
        return max(own, key=lambda option: option["own_severity"])["own_id"]

    @api.model
    def _get_level_obstacle(self, lines, level_id):
        """Return why the row of instalments ``lines`` cannot be sent at a level, False when it can.

        One of them at least must be able to take it, and none that cannot may call for a harsher tone.
        """
        options = [by_level.get(level_id) for by_level in lines.values()]
        level = self.env["relance.level"].browse(level_id)
        if not all(options):
            return self.env._("%s is not a level of the calendar of this debtor.", level.display_name)
        barred = [option for option in options if option["obstacle"]]
        harsher = [option for option in barred if option["own_severity"] > option["severity"]]
        if harsher or len(barred) == len(options):
            return self._get_obstacle_message(level, (harsher or barred)[0])
        return False

    @api.model
    def _get_obstacle_message(self, level, option):
        values = {"level": level.name, "invoice": option["invoice"]}
        messages = {
            "late": self.env._("%(invoice)s is late: %(level)s is for what is not due yet.", **values),
            "not_due": self.env._("%(invoice)s is not due yet: %(level)s cannot claim it.", **values),
            "passed": self.env._(
                "%(invoice)s has had %(level)s, or a level that comes after it: choose a level that follows.", **values
            ),
            "deadline": self.env._(
                "The last notice for %(invoice)s gives until %(deadline)s to pay: %(level)s cannot come before.",
                deadline=format_date(self.env, option["deadline"]),
                **values,
            ),
        }
        return messages[option["obstacle"]]

    @api.model
    def _store_levels(self, levels):
        """Write ``{run line id: level id}`` with the channel that follows, unless a person chose the channel.

        :return: the rows (``relance.run.debtor``) that no channel of their level can reach
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_line
                   SET level_id = fresh.level_id, decided_level_id = fresh.own_id, channel = fresh.channel
                  FROM (SELECT item.id, new.level_id, COALESCE(item.decided_level_id, item.level_id) AS own_id,
                               CASE WHEN choice.channel_chosen THEN item.channel ELSE %(channel)s END AS channel
                          FROM unnest(%(ids)s::int4[], %(levels)s::int4[]) AS new (id, level_id)
                          JOIN relance_run_line item ON item.id = new.id
                          JOIN relance_run run ON run.id = item.run_id
                          JOIN relance_run_debtor choice ON choice.id = item.debtor_id
                          JOIN relance_level level ON level.id = new.level_id
                     LEFT JOIN LATERAL (%(reach)s) reach ON TRUE) fresh
                 WHERE relance_run_line.id = fresh.id
             RETURNING relance_run_line.debtor_id, relance_run_line.channel
                """,
                channel=self._sql_channel(),
                reach=self._sql_reach(SQL("run.date")),
                ids=list(levels),
                levels=list(levels.values()),
            )
        )
        return self.env["relance.run.debtor"].browse({debtor_id for debtor_id, channel in rows if not channel})

    @api.model
    def _check_reached(self, unreachable):
        if unreachable:
            self._raise_unreachable(unreachable[0].partner_id.id)

    # === CHANNEL === #

    @api.model
    def _choose_channel(self, debtors, channel):
        """Send the rows ``debtors`` by ``channel``, or by what their level says when it is False.

        :raises UserError: when the channel cannot reach one of them
        """
        self.env.flush_all()
        if channel in ("email", *PAPER):
            self._check_reach(debtors, channel)
        self._update_rows("relance.run.debtor", {debtor.id: {"channel_chosen": bool(channel)} for debtor in debtors})
        if channel:
            self.env.execute_query(
                SQL(
                    "UPDATE relance_run_line SET channel = %s WHERE debtor_id = ANY(%s) RETURNING id",
                    channel,
                    debtors.ids,
                )
            )
        else:
            self._check_reached(self._store_levels({line.id: line.level_id.id for line in debtors.line_ids}))
        self._forget_choices(debtors)
        self._refigure_debtors(debtors)

    @api.model
    def _check_reach(self, debtors, channel):
        """Raise a UserError unless ``channel`` can reach the addressee of each row."""
        for debtor, email, postal in self._get_reach(debtors):
            if not (email if channel == "email" else postal):
                self._raise_unreachable(debtor.partner_id.id, channel)

    @api.model
    def _get_reach(self, debtors):
        """Return ``[(row, reached by e-mail, reached by post)]`` of the addressees of the rows ``debtors``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, reach.email, reach.postal
                  FROM relance_run_debtor item
                  JOIN relance_run run ON run.id = item.run_id
             LEFT JOIN LATERAL (%s) reach ON TRUE
                 WHERE item.id = ANY(%s)
                """,
                self._sql_reach(SQL("run.date")),
                debtors.ids,
            )
        )
        return [(debtors.browse(row_id), email, postal) for row_id, email, postal in rows]

    @api.model
    def _raise_unreachable(self, partner_id, channel=False):
        name = self.env["res.partner"].browse(partner_id).display_name
        if channel == "email":
            raise UserError(self.env._("%s has no usable email address: complete the customer's address.", name))
        if channel:
            raise UserError(self.env._("%s has no postal address: complete the customer's address.", name))
        raise UserError(self.env._("%s has neither an email nor a postal address for this level.", name))

    # === COMPUTED AGAIN === #

    @api.model
    def _restore_choices(self, chosen):
        """Give rows computed again the level and the channel that a person had chosen, where they are still possible.

        :param chosen: ``{row id: row}`` as they were before, see ``_read_debtors``
        :return: the rows (``relance.run.debtor``) that lost a choice
        """
        debtors = self.env["relance.run.debtor"].browse(chosen)
        if not debtors:
            return debtors
        lost = self._restore_channels(debtors, chosen) | self._restore_levels(debtors, chosen)
        self._forget_choices(debtors)
        self._refigure_debtors(debtors)
        return lost

    @api.model
    def _restore_channels(self, debtors, chosen):
        """Write the channels that were chosen into the decisions; return the rows that theirs cannot reach any more."""
        reach = {debtor.id: (email, postal) for debtor, email, postal in self._get_reach(debtors)}
        channels, lost = {}, []
        for row_id, row in chosen.items():
            channel = row["channel"]
            if row["channel_chosen"]:
                email, postal = reach.get(row_id, (False, False))
                possible = channel == "call" or (email if channel == "email" else postal)
                channels |= {row_id: channel} if possible else {}
                lost += [] if possible else [row_id]
        self._update_rows("relance.run.debtor", {row_id: {"channel_chosen": False} for row_id in lost})
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_line item SET channel = chosen.channel
                  FROM unnest(%s::int4[], %s::varchar[]) AS chosen (debtor_id, channel)
                 WHERE item.debtor_id = chosen.debtor_id RETURNING item.id
                """,
                list(channels),
                list(channels.values()),
            )
        )
        return debtors.browse(lost)

    @api.model
    def _restore_levels(self, debtors, chosen):
        """Write the levels that were chosen into the decisions; return the rows that cannot have theirs any more."""
        debtors = debtors.filtered(lambda debtor: chosen[debtor.id]["level_chosen"])
        options, levels, own, lost = self._get_level_options(debtors), {}, {}, debtors.browse()
        for debtor in debtors:
            lines, target = options[debtor.id], chosen[debtor.id]["level_id"]
            if not lines or not target or self._get_level_obstacle(lines, target):
                lost |= debtor
                continue
            for run_line_id, by_level in lines.items():
                own[run_line_id] = next(iter(by_level.values()))["own_id"]
                levels[run_line_id] = own[run_line_id] if by_level[target]["obstacle"] else target
        unreachable = self._store_levels(levels)
        if unreachable:
            lost |= unreachable
            self._store_levels({line.id: own[line.id] for line in unreachable.line_ids if line.id in own})
        self._update_rows("relance.run.debtor", {debtor.id: {"level_chosen": False} for debtor in lost})
        # The calendar came to it by itself: nobody chooses any more.
        reached = (debtors - lost).filtered(
            lambda debtor: self._get_default_level(options[debtor.id]) == chosen[debtor.id]["level_id"]
        )
        self._update_rows("relance.run.debtor", {debtor.id: {"level_chosen": False} for debtor in reached})
        return lost
