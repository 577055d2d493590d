from datetime import timedelta

import psycopg2
from markupsafe import Markup, escape
from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date, mute_logger

from ...tools.answer_form import MAX_FILE_SIZE, MAX_FILES, file_name, file_type, read_amount, read_day, read_number
from ...tools.bulk_sql import update_rows
from ...tools.defaults import without_defaults
from ...tools.inputs import is_storable, read_id
from ...tools.open_items import UNPAID
from ...tools.pictures import MAX_PIXELS, count_pixels

# What becomes of an answer; what the debtor said is a fact.
FOLLOW_UP_FIELDS = frozenset({"user_id"})

# What each answer asks for; a star: it may be left empty.
FORM_FIELDS = {
    "paid": ("date", "amount*", "method", "reference*", "note*"),
    "promise": ("date", "amount", "note*"),
    "dispute": ("category", "amount*", "note"),
    "plan": ("parts", "date", "frequency", "note*"),
}

LENGTHS = {"given_by": 100, "reference": 100, "note": 2000}

# How far from today the day may be: a payment made, promised, a first instalment.
PAST_DAYS, PROMISE_DAYS, PLAN_DAYS = 365, 90, 60

MAX_PARTS = 24

ANSWER = "relance_fr.mail_activity_answer"

MAX_A_DAY = 10

# How long a payment that was announced is waited for.
PAYMENT_DAYS = 7


class RelanceAnswer(models.Model):
    """What a debtor answered on the portal about some invoices: paid, will pay, disputes, proposes a plan.

    Nothing follows from it by itself but a short pause, once an invoice, where the company allows it: a person in
    charge makes a hold, a promise or a plan of it, or sets it aside.
    """

    _name = "relance.answer"
    _description = "Answer of a Debtor"
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _inherit = ["mail.thread", "mail.activity.mixin"]

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    notice_id = fields.Many2one(
        "relance.notice", string="Answers", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    move_ids = fields.Many2many(
        "account.move", "relance_answer_move_rel", "answer_id", "move_id", string="Invoices", readonly=True
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("paid", "Says it is paid"),
            ("promise", "Announces a payment"),
            ("dispute", "Disputes"),
            ("plan", "Proposes a plan"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("new", "To examine"), ("accepted", "Followed up"), ("closed", "Set aside")],
        default="new",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    date = fields.Date(
        readonly=True, help="The day of the payment made or to come, or that of the first instalment proposed."
    )
    amount = fields.Monetary(readonly=True, help="What the debtor says is paid, to be paid or disputed. 0: all of it.")
    method = fields.Selection(
        [("transfer", "Bank transfer"), ("cheque", "Cheque"), ("card", "Card"), ("direct", "Direct debit"),
         ("other", "Other")],
        readonly=True,
    )  # fmt: skip
    reference = fields.Char(readonly=True, help="What the debtor quoted with the payment.")
    category = fields.Selection(
        selection=lambda self: self.env["relance.hold"]._fields["category"]._description_selection(self.env),
        string="About",
        readonly=True,
    )
    parts = fields.Integer("Number of Instalments", readonly=True)
    frequency = fields.Selection(
        [("month", "Every month"), ("fortnight", "Every two weeks"), ("week", "Every week")], readonly=True
    )
    note = fields.Text(string="In the Debtor's Words", readonly=True)
    given_by = fields.Char(readonly=True)
    given_by_id = fields.Many2one(
        "res.partner", string="Contact", readonly=True, index="btree_not_null", ondelete="set null"
    )
    ip_address = fields.Char("Sent from", readonly=True, groups="account.group_account_invoice")
    user_id = fields.Many2one(
        "res.users", string="Handled by", domain=[("share", "=", False)], index="btree_not_null", tracking=True
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files", compute="_compute_attachment_ids")
    # Drawn with the form: the same form sent twice is one answer.
    form_key = fields.Char(readonly=True, copy=False)
    handled_by_id = fields.Many2one("res.users", string="Examined by", readonly=True)
    handled_on = fields.Datetime(string="Examined on", readonly=True)
    hold_ids = fields.One2many("relance.hold", "answer_id", string="Holds", readonly=True)
    commitment_ids = fields.One2many("relance.commitment", "answer_id", string="Promises and Plans", readonly=True)
    pause_date = fields.Date(string="Paused until", compute="_compute_pause_date")

    _form_uniq = models.UniqueIndex("(company_id, partner_id, form_key)", "This answer was received already.")

    # === COMPUTE METHODS === #

    @api.depends("kind", "partner_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for answer in self:
            answer.display_name = f"{answer.partner_id.display_name or ''} – {kinds.get(answer.kind, '')}"

    def _compute_attachment_ids(self):
        files = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], order="id"
        )
        by_answer = files.grouped("res_id")
        for answer in self:
            answer.attachment_ids = by_answer.get(answer._origin.id, False)

    @api.depends("hold_ids.is_pause", "hold_ids.state", "hold_ids.date_to")
    def _compute_pause_date(self):
        for answer in self:
            ends = answer.hold_ids.filtered(lambda hold: hold.is_pause and hold.state == "running").mapped("date_to")
            answer.pause_date = max(ends, default=False)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self = without_defaults(self, self._fields)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and set(vals) - FOLLOW_UP_FIELDS:
            raise UserError(self.env._("What a debtor answered is a fact. Use the buttons to follow it up."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_received(self):
        if self:
            raise UserError(self.env._("What a debtor answered is a proof and cannot be deleted. Set it aside."))

    # === BUSINESS METHODS - FORM OF THE PORTAL === #

    @api.model
    def _read_form(self, kind, typed, rows, today, currency):
        """Read a form of the portal.

        :param kind: one of `FORM_FIELDS`
        :param typed: dict of texts, ``move_ids`` being a list of texts
        :param rows: what is open, see ``relance.portal.account._get_rows``
        :param today: day of the company
        :return: ``(values, errors)``: values of the answer, and ``{field name: message}`` of what is wrong
        """
        values, errors = {"kind": kind}, {}
        open_ids = {row["move"].id for row in rows}
        chosen = set(map(read_id, typed.get("move_ids", ()))) - {None}
        values["move_ids"] = [fields.Command.set(sorted(chosen & open_ids))]
        if not chosen or chosen - open_ids:
            errors["move_ids"] = self.env._("Tick the invoices your answer is about.")
        for name in ("given_by", *FORM_FIELDS[kind]):
            required = not name.endswith("*")
            name = name.rstrip("*")
            text = (typed.get(name) or "").strip()
            if not text:
                if required:
                    errors[name] = self._get_missing_message(name)
                continue
            value, error = self._read_field(kind, name, text, today)
            values[name] = value
            if error:
                errors[name] = error
        if values.get("amount") and not {"amount", "move_ids"} & errors.keys():
            self._check_amount(kind, values, errors, [row for row in rows if row["move"].id in chosen], currency)
        return values, errors

    @api.model
    def _read_field(self, kind, name, text, today):
        """Return ``(value, message or None)`` of one field that is filled in."""
        if name in LENGTHS:
            if not is_storable(text):
                return None, self.env._("This text holds characters that cannot be kept: type it again.")
            too_long = len(text) > LENGTHS[name]
            return text, too_long and self.env._("Please write %s characters at most.", LENGTHS[name])
        if name == "date":
            return self._read_date(kind, text, today)
        if name == "amount":
            amount = read_amount(text)
            wrong = not amount and self.env._("Write the amount in figures, such as 1850.00.")
            return amount, wrong
        if name == "parts":
            parts = read_number(text)
            wrong = not parts or not 2 <= parts <= MAX_PARTS
            return parts, wrong and self.env._("Choose between 2 and %s instalments.", MAX_PARTS)
        known = dict(self._fields[name]._description_selection(self.env))
        return text, text not in known and self.env._("Choose one of the options.")

    @api.model
    def _read_date(self, kind, text, today):
        day = read_day(text)
        if not day:
            return None, self.env._("Choose a day, such as 30/09/2026.")
        days = (day - today).days
        if kind == "paid":
            if days > 0:
                return day, self.env._("This day is still to come: choose “I will pay” instead.")
            return day, days < -PAST_DAYS and self.env._("This day is more than a year ago: check it.")
        if days < 0:
            return day, self.env._("This day is past: choose a day from today on.")
        limit = PROMISE_DAYS if kind == "promise" else PLAN_DAYS
        return day, days > limit and self.env._("Choose a day within %s days, or write to us.", limit)

    @api.model
    def _check_amount(self, kind, values, errors, rows, currency):
        """Check a sum against what is open of the invoices chosen."""
        owed = currency.round(sum(row["total"] + row["disputed"] for row in rows))
        if kind in ("promise", "dispute") and currency.compare_amounts(values["amount"], owed) > 0:
            errors["amount"] = self.env._(
                "This is more than the %s left to pay of the invoices you ticked.", currency.format(owed)
            )

    @api.model
    def _get_missing_message(self, name):
        return {
            "given_by": self.env._("Enter your name."),
            "date": self.env._("Choose a day."),
            "amount": self.env._("Enter the amount."),
            "method": self.env._("Choose how you paid."),
            "category": self.env._("Choose what it is about."),
            "note": self.env._("Tell us what is wrong, so that we can answer you."),
            "parts": self.env._("Choose the number of instalments."),
            "frequency": self.env._("Choose how often."),
        }[name]

    @api.model
    def _read_files(self, uploads):
        """Return ``(files, message or None)`` of what was uploaded (werkzeug's ``FileStorage``).

        :return: files as ``(name, bytes, MIME type)``: the type of their bytes, whatever their names say
        """
        uploads = [upload for upload in uploads if upload.filename]
        if len(uploads) > MAX_FILES:
            return [], self.env._("Send %s files at most.", MAX_FILES)
        files = []
        for upload in uploads:
            content = upload.stream.read(MAX_FILE_SIZE + 1)
            if len(content) > MAX_FILE_SIZE:
                size = MAX_FILE_SIZE // (1024 * 1024)
                return [], self.env._("%(name)s is larger than %(size)s MB.", name=upload.filename, size=size)
            known = file_type(content)
            if not known:
                return [], self.env._("%s is neither a PDF file nor a PNG or JPEG picture.", upload.filename)
            if count_pixels(content) > MAX_PIXELS:
                return [], self.env._(
                    "%(name)s has more than %(number)s million pixels: send a smaller picture, or a PDF file.",
                    name=upload.filename,
                    number=MAX_PIXELS // 1_000_000,
                )
            mimetype, ends = known
            files.append((file_name(upload.filename, ends), content, mimetype))
        return files, None

    # === BUSINESS METHODS - RECEIPT === #

    @api.model
    def _receive(self, account, vals, files=()):
        """Record the answer of a debtor to the ``account`` (``relance.portal.account``).

        :param vals: values checked by `_read_form`, ``form_key`` among them
        :param files: list of ``(name, bytes, MIME type)``
        :return: the answer; the one received before when the same form comes again
        :raises UserError: when too many came in a day
        """
        known = self._find_form(account, vals["form_key"])
        if known:
            return known
        self._check_not_too_many(account)
        values = {
            "company_id": account.company_id.id,
            "partner_id": account.partner_id.id,
            "notice_id": account.notice_id._origin.id,
            "currency_id": account.currency_id.id,
            "user_id": self._choose_handler(account).id,
            **vals,
        }
        # A debtor has no right on answers: the caller has checked whose the invoices are. The visitor's
        # user is not named as author of anything: people of other companies may not read it.
        answers_sudo = self.with_user(SUPERUSER_ID).with_company(account.company_id)
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                answer_sudo = answers_sudo.create(values)
        except psycopg2.errors.UniqueViolation:
            # The same form, sent a moment ago by another request.
            return self._find_form(account, vals["form_key"])
        answer_sudo._attach(files)
        answer_sudo._pause()
        answer_sudo._announce()
        return answer_sudo

    @api.model
    def _find_form(self, account, form_key):
        # A visitor reads no answers; this is one of the account that was opened.
        return self.sudo().search(
            [
                ("company_id", "=", account.company_id.id),
                ("partner_id", "=", account.partner_id.id),
                ("form_key", "=", form_key),
            ],
            limit=1,
        )

    @api.model
    def _check_not_too_many(self, account):
        since = fields.Datetime.now() - timedelta(days=1)
        domain = [("partner_id", "=", account.partner_id.id), ("company_id", "=", account.company_id.id)]
        # A visitor reads no answers; the page tells that there are many.
        if self.sudo().search_count([*domain, ("create_date", ">=", since)], limit=MAX_A_DAY) >= MAX_A_DAY:
            raise UserError(
                self.env._("You have sent many answers today. Please write to us or call us, or come back tomorrow.")
            )

    @api.model
    def _choose_handler(self, account):
        """Return who examines the answers of this debtor: who follows the debtor or the notice, else the accountant."""
        debtor_sudo = account.partner_id._origin.sudo().with_company(account.company_id)
        notice_sudo = account.notice_id._origin.sudo()
        # A salesperson may handle a debtor without the right to examine answers.
        candidates = [
            user.filtered(lambda user: self.with_user(user).has_access("write"))
            for user in (debtor_sudo.relance_user_id, notice_sudo.user_id)
        ]
        # A person who answers reads neither users nor settings.
        return account.company_id.sudo()._relance_choose_person(*candidates)

    def _attach(self, files):
        self.env["ir.attachment"].create(
            [
                {"name": name, "raw": content, "mimetype": mimetype, "res_model": self._name, "res_id": self.id}
                for name, content, mimetype in files
            ]
        )
        self.invalidate_recordset(["attachment_ids"])

    def _pause(self):
        """Suspend dunning of the invoices for the days the company allows; never twice for an invoice."""
        self.ensure_one()
        days = self.company_id._get_relance_setting("relance_answer_pause_days")
        paused = self.env["relance.hold"].search([("move_id", "in", self.move_ids.ids), ("is_pause", "=", True)])
        moves = self.move_ids - paused.move_id
        if not days or not moves:
            return
        today = self.company_id._relance_today()
        handler = self._get_handler()
        note = self.with_context(lang=handler.lang).env._("Pause while the answer of the debtor is examined.")
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self.env["relance.hold"].create(
                    [
                        {
                            "company_id": self.company_id.id,
                            "move_id": move.id,
                            "reason": "manual",
                            "date_from": today,
                            "date_to": today + timedelta(days=days - 1),
                            "note": note,
                            "user_id": handler.id,
                            "answer_id": self.id,
                            "is_pause": True,
                        }
                        for move in moves
                    ]
                )
        except psycopg2.errors.UniqueViolation:
            # Another answer about the same invoices, a moment ago, has paused them.
            return

    def _announce(self):
        """Tell the person in charge; leave a trace on the debtor, the invoices and the notice."""
        self.ensure_one()
        handler = self._get_handler()
        answer = self.with_context(lang=handler.lang or self.env.lang)
        author = (self.given_by_id or self.partner_id).id
        # What was said is on the answer: companies and all staff share the card of the debtor.
        kinds = dict(answer._fields["kind"]._description_selection(answer.env))
        link = answer._get_html_link(title=kinds[answer.kind])
        body = Markup(escape(answer.env._("Answer on the portal: %s", "\0"))).replace("\0", link)
        answer.partner_id._message_log(body=body, author_id=author)
        if answer.notice_id:
            answer.notice_id._message_log(body=body, author_id=author)
            now = {"last_reply_date": fields.Datetime.now()}
            update_rows(self.env, "relance.notice", {answer.notice_id.id: now})
        answer.move_ids._message_log_batch(bodies={move.id: body for move in answer.move_ids}, author_id=author)
        answer.activity_schedule(ANSWER, note=answer._get_summary_html(), user_id=handler.id)

    def _get_summary_html(self):
        """Return what the debtor answered in a few lines, for the activity (Markup)."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        lines = [kinds[self.kind], *self._get_facts(), self.note]
        return Markup("<br/>").join(line for line in lines if line)

    def _get_facts(self):
        """Return the figures of the answer as short texts in the language of the context."""
        self.ensure_one()
        write = self.env["relance.portal.account"].new({"currency_id": self.currency_id.id})
        write = write._get_letter_writer(self.env.lang or "en_US")

        def label(name):
            return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

        facts = [", ".join(sorted(self.move_ids.mapped("name")))]
        if self.kind == "plan":
            facts.append(
                self.env._(
                    "%(parts)s instalments, %(frequency)s, from %(date)s",
                    parts=self.parts,
                    frequency=label("frequency").lower(),
                    date=write.short_day(self.date),
                )
            )
        else:
            money = write.money(self.amount) if self.amount else ""
            parts = [label("category"), label("method"), money, write.short_day(self.date), self.reference]
            facts.append(", ".join(part for part in parts if part))
        return [fact for fact in facts if fact]

    # === BUSINESS METHODS - ACCEPTANCE === #

    def _get_handler(self):
        """Return the user who examines the answer: its own while there, else the accountant."""
        self.ensure_one()
        return self.company_id._relance_choose_person(self.user_id, model="relance.answer")

    def _check_to_examine(self):
        self.check_access("write")
        self.lock_for_update()
        self.invalidate_recordset(["state"])
        if self.state != "new":
            raise UserError(self.env._("This answer was examined already by %s.", self.handled_by_id.name))

    def _get_open_moves(self):
        moves = self.move_ids.filtered(lambda move: move.state == "posted" and move.payment_state in UNPAID)
        if not moves:
            raise UserError(self.env._("These invoices are settled by now: set the answer aside."))
        return moves

    def _end_pause(self):
        self.hold_ids.filtered(lambda hold: hold.is_pause and hold.state == "running").action_end()

    def _set_examined(self, state):
        # The buttons alone write this.
        self.sudo().write({"state": state, "handled_by_id": self.env.uid, "handled_on": fields.Datetime.now()})
        self.activity_feedback([ANSWER])

    def _accept_payment(self, moves):
        """Wait for the payment: until a week after the day named, a week from today at least."""
        today = self.company_id._relance_today()
        until = max(today, self.date or today) + timedelta(days=PAYMENT_DAYS)
        return self._make_holds(moves, reason="manual", date_to=until)

    def _accept_dispute(self, moves):
        vals = {"reason": "dispute", "category": self.category, "responsible_id": self.env.uid}
        if len(moves) == 1 and 0 < self.amount < moves.amount_total:
            vals["amount"] = self.amount
        holds = self._make_holds(moves, **vals)
        for hold in holds:
            # Who may read the answer reads its files; they follow the dispute.
            for file_sudo in self.attachment_ids.sudo():
                file_sudo.copy({"res_model": hold._name, "res_id": hold.id})
        return holds

    def _make_holds(self, moves, **vals):
        return self.env["relance.hold"].create(
            [
                {
                    "company_id": self.company_id.id,
                    "move_id": move.id,
                    "date_from": self.company_id._relance_today(),
                    "note": self._get_origin(),
                    "answer_id": self.id,
                    **vals,
                }
                for move in moves
            ]
        )

    def _accept_promise(self, moves):
        return self._make_commitment(moves, line_ids=[Command.create({"date": self.date, "amount": self.amount})])

    def _accept_plan(self, moves):
        """Make a plan of what is left, in the instalments proposed: to be read, then sent for signature."""
        plan = self._make_commitment(
            moves,
            parts=self.parts,
            first_date=self.date,
            frequency=self.frequency,
            # Replaced at once by the instalments.
            line_ids=[Command.create({"date": self.date, "amount": 1})],
        )
        plan.action_generate()
        return plan

    def _make_commitment(self, moves, **vals):
        return self.env["relance.commitment"].create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "date": self._get_day(),
                "given_by": self.given_by,
                "given_by_id": self.given_by_id.id,
                "channel": "portal",
                "move_ids": [Command.set(moves.ids)],
                "user_id": self.env.uid,
                "note": self._get_origin(),
                "answer_id": self.id,
                **vals,
            }
        )

    def _get_day(self):
        """Return the day the debtor answered, that of the company."""
        tz = self.company_id._get_relance_timezone().key
        return fields.Datetime.context_timestamp(self.with_context(tz=tz), self.create_date).date()

    def _get_origin(self):
        origin = self.env._(
            "Answer on the portal by %(name)s on %(date)s.",
            name=self.given_by or self.partner_id.name,
            date=format_date(self.env, self._get_day()),
        )
        return "\n".join([origin, *self._get_facts(), *filter(None, [self.note])])

    # === ACTION METHODS === #

    def action_accept(self):
        """Make of the answer what it calls for, and open it.

        :raises UserError: when it was examined already, or nothing is left to pay
        """
        self.ensure_one()
        self._check_to_examine()
        moves = self._get_open_moves()
        self._end_pause()
        follow_up = {
            "paid": self._accept_payment,
            "promise": self._accept_promise,
            "dispute": self._accept_dispute,
            "plan": self._accept_plan,
        }[self.kind]
        records = follow_up(moves)
        self._set_examined("accepted")
        return self._get_records_action(records)

    def action_set_aside(self):
        """Close answers nothing follows from: dunning goes on at once."""
        for answer in self:
            answer._check_to_examine()
            answer._end_pause()
            answer._set_examined("closed")
        return True

    def action_open_follow_up(self):
        """Open what was made of the answer."""
        self.ensure_one()
        return self._get_records_action(self.commitment_ids or self.hold_ids.filtered(lambda hold: not hold.is_pause))

    def _get_records_action(self, records):
        """Return the action that opens ``records``, in a form when there is one."""
        action = {
            "type": "ir.actions.act_window",
            "name": records._description if len(records) > 1 else records.display_name,
            "res_model": records._name,
            "context": {"create": False},
        }
        if len(records) == 1:
            return action | {"views": [(False, "form")], "res_id": records.id}
        return action | {"views": [(False, "list"), (False, "form")], "domain": [("id", "in", records.ids)]}
