from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.bulk_sql import update_rows
from ...tools.channels import PAPER
from ..notice.relance_notice import CHANNELS

# What a person may choose on the notice to come; everything else is computed.
CHOICES = frozenset({"selected", "level_id", "channel", "personal_note", "left_out_reason"})


class RelanceRunDebtor(models.Model):
    """One notice to come of a run: to whom, at which level, by which channel, for how much, and what a person chose.

    Filled from the decisions to send (``_group_debtors``): a row for each notice that confirming the
    run would make, with the figures that notice would claim on the day of the run, in the currency of the invoices.
    """

    _name = "relance.run.debtor"
    _description = "Notice to Come"
    _order = "total_amount desc, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one("relance.run", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Debtor", readonly=True, ondelete="cascade", index=True)
    contact_id = fields.Many2one("res.partner", string="Addressee", readonly=True, ondelete="set null")
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Set when the calendar makes one notice per invoice.",
    )
    bank_id = fields.Many2one(
        "res.partner.bank",
        string="To Pay to",
        readonly=True,
        ondelete="set null",
        help="Set when the invoices of the debtor are to be paid to several accounts: one notice for each.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    line_ids = fields.One2many("relance.run.line", "debtor_id", string="Instalments", copy=False)
    line_count = fields.Integer(string="Instalments Claimed", readonly=True)
    date_maturity = fields.Date(string="Oldest Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")
    email_to = fields.Char(string="Email Address", readonly=True)
    active = fields.Boolean(
        default=True, readonly=True, help="Archived: nothing is left to send; the choices wait in case it comes back."
    )
    selected = fields.Boolean(string="Send")
    left_out_by = fields.Many2one("res.users", readonly=True, help="Who unticked it.")
    left_out_reason = fields.Char("Why It Is Left Out", help="For yourself and your colleagues.")
    news = fields.Selection(
        [("new", "New"), ("changed", "Changed")],
        "Since Then",
        readonly=True,
        help="What is different since the campaign was computed before.",
    )
    level_id = fields.Many2one("relance.level", ondelete="cascade")
    channel = fields.Selection(CHANNELS)
    personal_note = fields.Text(
        string="Personal Sentence", help="Printed in the letter and in the email of this notice only."
    )
    level_chosen = fields.Boolean(readonly=True, help="A person chose the level.")
    channel_chosen = fields.Boolean(readonly=True, help="A person chose the channel.")
    principal_amount = fields.Monetary(string="Principal", readonly=True)
    penalty_amount = fields.Monetary(string="Penalties", readonly=True)
    indemnity_amount = fields.Monetary(string="Indemnity", readonly=True)
    total_amount = fields.Monetary(string="Claimed", readonly=True)
    credit_amount = fields.Monetary(
        string="Credits Deducted",
        readonly=True,
        help="Payments and credit notes of the debtor that match no invoice yet, deducted from the oldest ones.",
    )
    warning = fields.Char(readonly=True, help="Why the figures cannot be computed: the notice cannot be made.")
    caution = fields.Char(
        "To Think of", compute="_compute_caution", help="What to know before the notice leaves; it can be made."
    )
    notice_id = fields.Many2one("relance.notice", readonly=True, ondelete="set null", index="btree_not_null")
    run_state = fields.Selection(related="run_id.state", string="Run Status")
    notice_state = fields.Selection(related="notice_id.state", string="Status")
    kind = fields.Selection(related="level_id.kind")
    allowed_level_ids = fields.Many2many(
        "relance.level", string="Possible Levels", compute="_compute_allowed_level_ids", compute_sudo=True
    )
    reviewed = fields.Boolean(readonly=True, help="Somebody decided about this notice, or called the debtor, since.")

    _run_partner_idx = models.Index("(run_id, partner_id)")

    # === COMPUTE METHODS === #

    @api.depends("line_ids")
    def _compute_allowed_level_ids(self):
        options = self._get_level_options()
        for debtor in self:
            lines = options[debtor.id]
            levels = next(iter(lines.values()), {})
            debtor.allowed_level_ids = [
                level_id for level_id in levels if not self._get_level_obstacle(lines, level_id)
            ]

    @api.depends("partner_id")
    @api.depends_context("lang")
    def _compute_caution(self):
        # Companies the user does not work in may be customers as well.
        own = self.env["res.company"].sudo().search([("partner_id", "in", self.partner_id.ids)]).partner_id.ids
        for debtor in self:
            debtor.caution = debtor.partner_id.id in own and self.env._(
                "This customer is one of your companies: settle it between them rather than by a notice."
            )

    # === CRUD METHODS === #

    @api.depends("partner_id")
    @api.depends_context("lang")
    def _compute_caution(self):
        # Companies the user does not work in may be customers as well.
        own = self.env["res.company"].sudo().search([("partner_id", "in", self.partner_id.ids)]).partner_id.ids
        for debtor in self:
            debtor.caution = debtor.partner_id.id in own and self.env._(
                "This customer is one of your companies: settle it between them rather than by a notice."
            )

    def write(self, vals):
        """Take a person's choices and bring the figures of the rows in line with them.

        :raises AccessError: for anything but a choice, or once the run was confirmed
        :raises UserError: when the level or the channel is not possible for a row, saying why
        """
        # The choices are stored set-based.
        self.check_access("write")
        if not self.env.su and set(vals) - CHOICES:
            raise AccessError(self.env._("A notice to come is computed: only choose how to send it."))
        if any(run.state != "draft" for run in self.run_id):
            raise UserError(self.env._("The run was confirmed: what it sends is decided."))
        plain = {name: value for name, value in vals.items() if name not in ("level_id", "channel", "selected")}
        result = super().write(plain) if plain else True
        self._apply_choices(vals)
        return result

    def _apply_choices(self, vals):
        """Store the choices of ``vals`` that change what the rows claim."""
        # Rows of a run are fetched together through it, and its cache is dropped on the way.
        debtors = self.with_prefetch(self._ids)
        if "selected" in vals:
            debtors._select_debtors(bool(vals["selected"]))
        if "level_id" in vals:
            debtors._choose_level(self.env["relance.level"].browse(vals["level_id"]))
        if "channel" in vals:
            debtors._choose_channel(vals["channel"])

    # === BUSINESS METHODS - TICKS AND FIGURES === #

    def _refigure_debtors(self):
        """Compute the rows again after a choice. A row unticked shows what it would claim as a whole."""
        self.env.flush_all()
        languages = self.env["relance.letter"]._get_letter_languages()
        for run, rows in self.grouped("run_id").items():
            items = self.env.execute_query_dict(run._query_selected(debtors=rows))
            groups, claims, missing = run._get_groups(items)
            figures = {
                group[0]["debtor_id"]: run._prepare_debtor_figures(group, claims, missing, languages)
                for group in groups.values()
            }
            update_rows(self.env, "relance.run.debtor", figures)
            run.invalidate_recordset()

    def _select_debtors(self, selected):
        """Tick or untick the rows with all their instalments."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT debtor_id FROM relance_run_line WHERE debtor_id = ANY(%s)
              GROUP BY debtor_id HAVING bool_or(selected) AND NOT bool_and(selected)
                """,
                self.ids,
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
                ids=self.ids,
            )
        )
        self._forget_choices()
        self.browse(row[0] for row in rows)._refigure_debtors()

    def _sync_debtors(self):
        """Bring rows in line with the ticks of their instalments: none left, the notice does not leave."""
        if not self:
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
                self.ids,
            )
        )
        self._forget_choices()
        self._refigure_debtors()

    def _forget_choices(self):
        """Read what a person chose anew: it was written set-based."""
        self.invalidate_recordset(["selected", "left_out_by", "left_out_reason", "level_chosen", "channel_chosen"])
        self.env["relance.run.line"].invalidate_model(
            ["selected", "left_out", "level_id", "decided_level_id", "channel"]
        )
        self.run_id.invalidate_recordset()

    # === BUSINESS METHODS - LEVEL === #

    def _choose_level(self, level):
        """Send the rows at ``level``; an instalment that cannot take it keeps its own, milder one.

        :param level: the level the calendar gives, or none, to go back to it
        :raises UserError: when a row cannot be sent at this level, saying why
        """
        options = self._get_level_options()
        levels, chosen = {}, {}
        for debtor in self:
            lines = options[debtor.id]
            default = self._get_default_level(lines)
            target = level.id or default
            if obstacle := self._get_level_obstacle(lines, target):
                raise UserError(obstacle)
            chosen[debtor.id] = {"level_chosen": target != default}
            for run_line_id, by_level in lines.items():
                takes = target != default and not by_level[target]["obstacle"]
                levels[run_line_id] = target if takes else next(iter(by_level.values()))["own_id"]
        update_rows(self.env, "relance.run.debtor", chosen)
        self._check_reached(self._store_levels(levels))
        self._forget_choices()
        self._refigure_debtors()

    def _get_level_options(self):
        """Return ``{row id: {run line id: {level id: option}}}``: the levels of the calendar of each instalment.

        An option is a dict: ``own_id`` (the level decided), ``severity`` and ``own_severity`` (rank, delay),
        ``obstacle`` (None, ``late``, ``not_due``, ``passed`` or ``deadline``), ``deadline``, ``invoice``, ``level``.
        """
        self.env.flush_all()
        options = {debtor.id: {} for debtor in self}
        for row in self.env.execute_query_dict(self._query_level_options()):
            row["severity"] = (row.pop("rank"), row.pop("delay"))
            row["own_severity"] = (row.pop("own_rank"), row.pop("own_delay"))
            options[row["debtor_id"]].setdefault(row["run_line_id"], {})[row["level_id"]] = row
        return options

    def _query_level_options(self):
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
            rank=self.env["relance.ledger"]._sql_level_rank(SQL("candidate.kind")),
            own_rank=self.env["relance.ledger"]._sql_level_rank(SQL("own.kind")),
            history=self.env["relance.decision"]._sql_history(),
            ids=self.ids,
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
                channel=self.env["relance.decision"]._sql_channel(),
                reach=self.env["relance.decision"]._sql_reach(SQL("run.date")),
                ids=list(levels),
                levels=list(levels.values()),
            )
        )
        return self.env["relance.run.debtor"].browse({debtor_id for debtor_id, channel in rows if not channel})

    @api.model
    def _check_reached(self, unreachable):
        if unreachable:
            self._raise_unreachable(unreachable[0].partner_id.id)

    # === BUSINESS METHODS - CHANNEL === #

    def _choose_channel(self, channel):
        """Send the rows by ``channel``, or by what their level says when it is False.

        :raises UserError: when the channel cannot reach one of them
        """
        self.env.flush_all()
        if channel in ("email", *PAPER):
            self._check_reach(channel)
        update_rows(self.env, "relance.run.debtor", {debtor.id: {"channel_chosen": bool(channel)} for debtor in self})
        if channel:
            self.env.execute_query(
                SQL(
                    "UPDATE relance_run_line SET channel = %s WHERE debtor_id = ANY(%s) RETURNING id",
                    channel,
                    self.ids,
                )
            )
        else:
            self._check_reached(self._store_levels({line.id: line.level_id.id for line in self.line_ids}))
        self._forget_choices()
        self._refigure_debtors()

    def _check_reach(self, channel):
        """Raise a UserError unless ``channel`` can reach the addressee of each row."""
        for debtor, email, postal in self._get_reach():
            if not (email if channel == "email" else postal):
                self._raise_unreachable(debtor.partner_id.id, channel)

    def _get_reach(self):
        """Return ``[(row, reached by e-mail, reached by post)]`` of the addressees of the rows."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, reach.email, reach.postal
                  FROM relance_run_debtor item
                  JOIN relance_run run ON run.id = item.run_id
             LEFT JOIN LATERAL (%s) reach ON TRUE
                 WHERE item.id = ANY(%s)
                """,
                self.env["relance.decision"]._sql_reach(SQL("run.date")),
                self.ids,
            )
        )
        return [(self.browse(row_id), email, postal) for row_id, email, postal in rows]

    @api.model
    def _raise_unreachable(self, partner_id, channel=False):
        name = self.env["res.partner"].browse(partner_id).display_name
        if channel == "email":
            raise UserError(self.env._("%s has no usable email address: complete the customer's address.", name))
        if channel:
            raise UserError(self.env._("%s has no postal address: complete the customer's address.", name))
        raise UserError(self.env._("%s has neither an email nor a postal address for this level.", name))

    # === BUSINESS METHODS - CHOICES KEPT === #

    @api.model
    def _restore_choices(self, chosen):
        """Give rows computed again the level and the channel that a person had chosen, where they are still possible.

        :param chosen: ``{row id: row}`` as they were before, see ``_read_debtors``
        :return: the rows (``relance.run.debtor``) that lost a choice
        """
        debtors = self.env["relance.run.debtor"].browse(chosen)
        if not debtors:
            return debtors
        lost = debtors._restore_channels(chosen) | debtors._restore_levels(chosen)
        debtors._forget_choices()
        debtors._refigure_debtors()
        return lost

    def _restore_channels(self, chosen):
        """Write the channels that were chosen into the decisions; return the rows that theirs cannot reach any more."""
        reach = {debtor.id: (email, postal) for debtor, email, postal in self._get_reach()}
        channels, lost = {}, []
        for row_id, row in chosen.items():
            channel = row["channel"]
            if row["channel_chosen"]:
                email, postal = reach.get(row_id, (False, False))
                possible = channel == "call" or (email if channel == "email" else postal)
                channels |= {row_id: channel} if possible else {}
                lost += [] if possible else [row_id]
        update_rows(self.env, "relance.run.debtor", {row_id: {"channel_chosen": False} for row_id in lost})
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
        return self.browse(lost)

    def _restore_levels(self, chosen):
        """Write the levels that were chosen into the decisions; return the rows that cannot have theirs any more."""
        debtors = self.filtered(lambda debtor: chosen[debtor.id]["level_chosen"])
        options, levels, own, lost = debtors._get_level_options(), {}, {}, debtors.browse()
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
        update_rows(self.env, "relance.run.debtor", {debtor.id: {"level_chosen": False} for debtor in lost})
        # The calendar came to it by itself: nobody chooses any more.
        reached = (debtors - lost).filtered(
            lambda debtor: self._get_default_level(options[debtor.id]) == chosen[debtor.id]["level_id"]
        )
        update_rows(self.env, "relance.run.debtor", {debtor.id: {"level_chosen": False} for debtor in reached})
        return lost

    # === BUSINESS METHODS - REVIEW === #

    def _review(self, selected):
        self.write({"selected": selected})
        self._mark_reviewed()
        # The tick was written set-based.
        self.invalidate_recordset(["instalments", "stopped"])
        return True

    def _mark_reviewed(self):
        # Not a choice about the notice: it only says where one is in the list.
        self.sudo().filtered(lambda debtor: not debtor.reviewed).write({"reviewed": True})

    def _mark_called(self, partners, company):
        """Take the debtors ``partners`` of ``company`` as reviewed in the runs that are being prepared."""
        self.search(
            Domain("partner_id", "in", partners.ids)
            & Domain("company_id", "=", company.id)
            & Domain("run_id.state", "=", "draft")
            & Domain("reviewed", "=", False)
        )._mark_reviewed()

    # === BUSINESS METHODS - PREVIEW === #

    def _render_preview(self):
        """Render the e-mails and letters that the rows would make, ticked or not.

        Nothing stays in the database, no number of the register is taken; a letter says that it is a draft.

        :return: ``{row id: preview}``, without the rows of which nothing is left to send. A preview is a dict of
            ``email_from``, ``email_to``, ``email_cc``, ``subject`` (texts, "" when no e-mail leaves), ``body``
            (complete HTML page or ""), ``letter`` (bytes of the PDF or False) and ``letter_name``
        :raises UserError: when a legal rate is missing or a letter cannot be made
        """
        previews = {}
        for run, rows in self.grouped("run_id").items():
            env = run.company_id._relance_in_company().env
            with env["relance.run.debtor"]._undone():
                run.with_env(env)._draft(approved=True, debtors=rows)
                previews |= rows.with_env(env)._render_drafts()
        return previews

    @api.model
    @contextmanager
    def _undone(self):
        """Undo what the block writes, in the database and in the caches."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _render_drafts(self):
        """Return the previews of rows whose notices were just drafted; see ``_render_preview``."""
        notices = self.notice_id
        failed = notices._send_emails()
        letters = notices._filter_lettered()
        contents = letters._render_letters() if letters else {}
        return {
            debtor.id: {
                **(debtor.notice_id - failed)._get_mail_preview(),
                "letter": contents.get(debtor.notice_id.id, False),
                "letter_name": f"{debtor.notice_id.display_name}.pdf",
            }
            for debtor in self
            if debtor.notice_id
        }

    def _render_one_preview(self):
        """Return the preview of one row.

        :raises UserError: when nothing is left to send
        """
        preview = self._render_preview().get(self.id)
        if not preview:
            raise UserError(
                self.env._("Nothing is left to send to %s: preview the run again.", self.partner_id.display_name)
            )
        return preview

    # === ACTION METHODS === #

    def action_select(self):
        """Tick rows: their notices will be made."""
        self.selected = True
        return True

    def action_unselect(self):
        """Untick rows: they are left out of this run."""
        self.selected = False
        return True

    def action_open_documents(self):
        """Show the e-mail and the letter as they would leave, or the notice once it was made."""
        self.ensure_one()
        if self.notice_id:
            return self.notice_id.action_open()
        self.check_access("write")
        preview = self.env["relance.preview"]._create_for(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notice for %s", self.partner_id.display_name),
            "res_model": "relance.preview",
            "views": [(False, "form")],
            "res_id": preview.id,
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_send(self):
        """Tick the notice: it leaves when the run is confirmed."""
        return self._review(selected=True)

    def action_leave_out(self):
        """Untick the notice: this run leaves it out."""
        return self._review(selected=False)

    def action_relance_log_call(self):
        """Open the dialog to log a call with the debtor, about everything that is late."""
        self.ensure_one()
        return self.partner_id._get_relance_call_dialog(
            self.company_id, notice=self.notice_id, contact=self.contact_id or self.notice_id.contact_id
        )

    def action_open_debtor(self):
        """Open the card of the debtor."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "views": [(False, "form")],
            "res_id": self.partner_id.id,
        }
