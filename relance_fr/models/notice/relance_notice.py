from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, consteq
from odoo.tools.mail import generate_tracking_message_id

from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values, update_rows
from ...tools.channels import DELIVERY_DATES, TO_POST
from ...tools.open_items import UNPAID
from ...tools.segments import segment_row
from ...tools.shown_day import company_day
from ..setup.relance_level import KINDS

CHANNELS = [
    ("email", "Email"),
    ("letter", "Letter"),
    ("registered", "Registered letter"),
    ("call", "Call"),
]

STATES = [
    ("draft", "Draft"),
    ("to_approve", "To approve"),
    ("ready", "Ready"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]

# What a person may add to a notice once it exists: the proof of its delivery and who follows it up.
PROOF_FIELDS = frozenset(
    {
        "tracking_number", *DELIVERY_DATES, "return_reason", "receipt", "receipt_name", "user_id",
    }
)  # fmt: skip

# What the seal covers: never written again once the notice is in the register. Each is in the sealed content
# (``relance.notice._query_payload``) or a link of the chain itself.
SEALED_FIELDS = frozenset(
    {
        "name", "date", "company_id", "currency_id", "partner_id", "contact_id", "level_id", "kind", "channel",
        "printed_deadline", "postal_to", "regime", "lang", "credit_amount", "principal_amount", "penalty_amount",
        "indemnity_amount", "total_amount", "email_to", "email_cc", "personal_note", "level_chosen", "with_email",
        "attachment_id", "author_id", "approved_by", "approved_on", "lapsed_on", "anchor_rank", "anchor_seal",
        "sealed_on", "seal", "previous_seal", "seal_sequence", "seal_payload",
    }
)  # fmt: skip

# Computed from what is sealed and from the dates of delivery; the verification computes it again.
DERIVED_FIELDS = frozenset({"deadline"})

CERTIFICATE = "relance_fr.register_certificate"

# How long the link of a notice opens its page, from the date of the notice.
LINK_DAYS = 365


class RelanceNotice(models.Model):
    """One communication to one debtor: the row of the dunning register.

    The figures are facts of the day the notice was sealed, in the currency of
    the invoices. Nothing recomputes them; ``total = principal + penalty +
    indemnity`` holds in the database.
    """

    _name = "relance.notice"
    _description = "Dunning Notice"
    _order = "date desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _inherit = ["mail.thread", "mail.activity.mixin", "relance.letter"]

    name = fields.Char(string="Register Number", default="/", readonly=True, copy=False)
    date = fields.Date(required=True, readonly=True, default=company_day, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    contact_id = fields.Many2one("res.partner", string="Addressee", readonly=True, index=True, ondelete="restrict")
    user_id = fields.Many2one("res.users", string="Handled by", default=lambda self: self.env.user)
    run_id = fields.Many2one("relance.run", readonly=True, index="btree_not_null", ondelete="set null")
    level_id = fields.Many2one("relance.level", required=True, readonly=True, index=True, ondelete="restrict")
    calendar_id = fields.Many2one(related="level_id.calendar_id")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    # Tracked too: by `_set_state`, through which alone it changes.
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, index=True)
    regime = fields.Selection(
        [("business", "Business"), ("public", "Public body"), ("consumer", "Consumer")],
        required=True,
        default="business",
        readonly=True,
    )
    lang = fields.Char(string="Language", readonly=True)
    printed_deadline = fields.Date(string="Deadline Printed", readonly=True)
    line_ids = fields.One2many("relance.notice.line", "notice_id", string="Invoices", readonly=True)
    credit_amount = fields.Monetary(
        string="Credits Deducted",
        readonly=True,
        help="Payments and credit notes of the debtor that match no invoice yet, deducted from the oldest ones.",
    )
    principal_amount = fields.Monetary(string="Principal", readonly=True)
    penalty_amount = fields.Monetary(string="Penalties", readonly=True)
    indemnity_amount = fields.Monetary(string="Indemnity", readonly=True)
    total_amount = fields.Monetary(string="Total Claimed", readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="Letter", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    sealed_on = fields.Datetime(readonly=True, copy=False)
    seal = fields.Char(readonly=True, copy=False)
    previous_seal = fields.Char(readonly=True, copy=False)
    seal_sequence = fields.Integer(string="Rank in the Register", readonly=True, copy=False)
    seal_payload = fields.Text(string="Sealed Content", readonly=True, copy=False)
    anchor_rank = fields.Integer(
        string="Rank It Carries",
        readonly=True,
        copy=False,
        help="The letter and the email print this rank of the register and its seal, the last ones known when they "
        "were made: anybody who keeps them can tell whether the register was cut or made anew since.",
    )
    anchor_seal = fields.Char(string="Seal It Carries", readonly=True, copy=False)
    personal_note = fields.Text(string="Personal Sentence", readonly=True, copy=False)
    level_chosen = fields.Boolean(readonly=True, copy=False, help="A person chose this level instead of the calendar.")
    with_email = fields.Boolean(
        string="By Email", default=True, readonly=True, help="The notice leaves by email, alone or with its letter."
    )
    email_to = fields.Char(string="Sent to", readonly=True)
    mail_id = fields.Many2one("mail.mail", readonly=True, copy=False, index="btree_not_null", ondelete="set null")
    failure_reason = fields.Char(readonly=True, copy=False)
    # The address itself was refused (not the server): it is not tried again until somebody corrects it.
    address_refused = fields.Boolean(readonly=True, copy=False)
    tracking_number = fields.Char(copy=False, tracking=True)
    posted_date = fields.Date(string="Posted on", copy=False, tracking=True)
    presented_date = fields.Date(string="First Presented on", copy=False, tracking=True)
    received_date = fields.Date(string="Received on", copy=False, tracking=True)
    receipt = fields.Binary(attachment=True, copy=False)
    receipt_name = fields.Char(copy=False)
    has_receipt = fields.Boolean(compute="_compute_has_receipt")
    has_invoice_outcome = fields.Boolean(compute="_compute_has_invoice_outcome")
    to_post = fields.Boolean(compute="_compute_to_post", search="_search_to_post")
    letter = fields.Binary(related="attachment_id.datas", string="Stored Letter")
    statement_data = fields.Json(string="Statement of Interest", compute="_compute_statement_data")
    call_ids = fields.One2many("relance.call", "notice_id", string="Calls", readonly=True)
    call_count = fields.Integer(string="Number of Calls", compute="_compute_call_count")
    # A person who knows it sees the page. It is no part of what is sealed.
    portal_token = fields.Char(readonly=True, copy=False, groups="account.group_account_invoice")
    remedy = fields.Char(string="What to Do", compute="_compute_remedy")
    thanked_on = fields.Date(readonly=True, copy=False)

    _failed_idx = models.Index("(partner_id) WHERE state = 'failed' OR address_refused")
    _number_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name <> '/'", "This register number is already used in the company."
    )
    # The last number of a year, whatever the head of the register says (``relance.register._sql_highest``).
    _number_idx = models.Index(
        "(company_id, substring(name FROM '^(.*?)[0-9]+$'), (substring(name FROM '[0-9]+$')::bigint)) WHERE name <> '/'"
    )
    _seal_sequence_uniq = models.UniqueIndex(
        "(company_id, seal_sequence) WHERE seal IS NOT NULL", "Two notices cannot have the same rank in the register."
    )
    _previous_seal_uniq = models.UniqueIndex(
        "(company_id, previous_seal) WHERE seal IS NOT NULL", "The register of a company is a single chain."
    )
    _total_is_sum = models.Constraint(
        "CHECK (round(total_amount, 2) = round(principal_amount + penalty_amount + indemnity_amount, 2))",
        "The total of a notice is its principal, penalties and indemnity.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "channel", "provider_state", "taken_over", *DELIVERY_DATES)
    def _compute_to_post(self):
        to_post = self.filtered_domain(TO_POST)
        for notice in self:
            notice.to_post = notice in to_post

    def _search_to_post(self, operator, value):
        if operator != "in":
            return NotImplemented
        return (TO_POST if True in value else Domain.FALSE) | (~TO_POST if False in value else Domain.FALSE)

    @api.depends("line_ids.invoice_outcome")
    def _compute_has_invoice_outcome(self):
        for notice in self:
            notice.has_invoice_outcome = any(notice.line_ids.mapped("invoice_outcome"))

    def _compute_has_receipt(self):
        # Of what is stored, not of what the form holds: the file chosen by mistake can still be chosen again.
        files = self._get_receipt_files()
        for notice in self:
            notice.has_receipt = notice._origin.id in files

    @api.depends("name", "state", "partner_id", "taken_over", "level_id")
    def _compute_display_name(self):
        for notice in self:
            if notice.taken_over:
                notice.display_name = self.env._(
                    "%(level)s taken over, %(debtor)s",
                    level=notice.level_id.name,
                    debtor=notice.partner_id.display_name,
                )
            elif notice.name and notice.name != "/":
                notice.display_name = notice.name
            elif notice.state == "failed":
                notice.display_name = self.env._("Notice not sent to %s", notice.partner_id.display_name)
            else:
                notice.display_name = self.env._("Draft notice for %s", notice.partner_id.display_name)

    @api.depends("line_ids.segments", "principal_amount", "penalty_amount", "indemnity_amount", "total_amount")
    def _compute_statement_data(self):
        for notice in self:
            rows = [
                {
                    "invoice": line.invoice_name,
                    "due": fields.Date.to_string(line.date_maturity),
                    **segment_row(segment),
                }
                for line in notice.line_ids
                for segment in line._get_segments()
            ]
            notice.statement_data = {
                "as_of": fields.Date.to_string(notice.date),
                "currency_id": notice.currency_id.id,
                "rows": rows,
                "totals": {
                    "principal": notice.principal_amount,
                    "penalty": notice.penalty_amount,
                    "indemnity": notice.indemnity_amount,
                    "total": notice.total_amount,
                },
            }

    @api.depends("state", "failure_reason", "failure_kind", "address_refused", "name", "level_id", "to_post")
    @api.depends_context("lang")
    def _compute_remedy(self):
        for notice in self:
            notice.remedy = notice._get_remedy()

    # === CRUD METHODS === #

    def write(self, vals):
        self._check_facts_stay(vals)
        self._check_receipt_stays(vals)
        result = super().write({name: value for name, value in vals.items() if name != "state"})
        if "state" in vals:
            # Code that writes it like any field takes the same door.
            self._set_state(vals["state"])
        if any(vals.get(name) for name in DELIVERY_DATES):
            self.activity_feedback(["mail.mail_activity_data_todo"], feedback=self.env._("Posted."))
        if set(DELIVERY_DATES) & set(vals):
            self.env["relance.decision"]._refresh_progress(self.line_ids.move_id)
        if vals.get("return_reason") == "unknown":
            self._ask_for_address()
        return result

    def _check_facts_stay(self, vals):
        """Raise if ``vals`` would change a fact: a person enters proofs alone, and what is sealed never changes."""
        if not self.env.su and set(vals) - PROOF_FIELDS:
            raise UserError(
                self.env._("A dunning notice is a fact: only the proof of its delivery can be entered afterwards.")
            )
        if (SEALED_FIELDS | DERIVED_FIELDS) & set(vals) and any(self.mapped("seal")):
            raise UserError(self.env._("A sealed notice cannot be changed. Cancel it and send another one."))

    def _get_receipt_files(self):
        """Return ``{notice id: attachment}`` of the receipts stored, as superuser: who reads the notice reads them."""
        files_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self._origin.ids), ("res_field", "=", "receipt")])
        )
        return {file.res_id: file for file in files_sudo}

    def _check_receipt_stays(self, vals):
        """Raise if ``vals`` would replace, rename or remove the receipt of one of the letters: it is a proof."""
        if not {"receipt", "receipt_name"} & vals.keys():
            return
        for notice_id, file_sudo in self._get_receipt_files().items():
            notice = self.browse(notice_id)
            renamed = "receipt_name" in vals and (vals["receipt_name"] or False) != notice.receipt_name
            if renamed or ("receipt" in vals and file_sudo._would_relance_change("datas", vals["receipt"])):
                raise UserError(
                    self.env._(
                        "%s: the receipt of a letter stays. An accounting manager replaces it, with a reason, with the "
                        "button Replace the Receipt; the former one is kept.",
                        notice.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_numbered(self):
        if any(notice.name != "/" for notice in self):
            raise UserError(self.env._("A notice that has a register number cannot be deleted. Cancel it instead."))

    # === BUSINESS METHODS - STATE === #

    def _set_state(self, state, reason=None, kind=None):
        """Move the notices and their lines to ``state``: the one door, no matter who changes it, a person or a job.

        One statement writes rows, lines and the tracking in the chatter of each notice, however many they are. Then
        the progress of the invoices follows where notices were sent, fail or are sent no more, and
        `_on_state_changed` is called.

        :param reason: why they failed or were cancelled, for people to read; ``kind``: which kind of failure
            (``failure_kind``). What is not told stays as it was where they stop; a notice on its way has neither.
        """
        if not self:
            return
        self.env.flush_all()
        was = dict(self.env.execute_query(self._query_state_change(state, reason, kind)))
        self.invalidate_recordset(
            [*self._get_state_fields(), "failure_reason", "failure_kind", "message_ids", "write_uid", "write_date"]
        )
        self.env["relance.notice.line"].invalidate_model(["state"])
        groups = self.grouped(lambda notice: was.get(notice.id, state))
        if state in ("sent", "failed") or "sent" in groups:
            self.env["relance.decision"]._refresh_progress(
                companies=self.company_id,
                condition=SQL(
                    "move.id IN (SELECT move_id FROM relance_notice_line WHERE notice_id = ANY(%s))", self.ids
                ),
            )
        for old, notices in groups.items():
            if old != state:
                notices._on_state_changed(old, state)

    def _on_state_changed(self, old, new):
        """Called whenever notices went from one state to another; an override reacts, and calls ``super()``.

        Called once for all the notices that went the same way together, no matter who moved them (a button, a job, the
        mail server, the judgment entered), in the same transaction and after all is written: the rows, the tracking,
        the progress of the invoices. ``self`` is in the environment of who moved them, with few rights or all: an
        override takes those it needs. A job moves thousands at once: work on ``self`` as a whole, not one by one.
        What an override raises undoes the change. A notice is made in its first state: that is no change.

        :param old: key of ``state`` they had, ``new``: the one they have, e.g. ``"ready"`` and ``"sent"``
        """

    @api.model
    def _get_state_fields(self):
        """Return the names of ``state`` and of the fields of a notice that are computed from it as they are read."""
        state = self._fields["state"]
        dependent = self.env.registry.get_dependent_fields(state)
        return ["state", *(field.name for field in dependent if field.model_name == self._name and not field.store)]

    def _query_state_change(self, state, reason, kind):
        """Return the statement of `_set_state`, which returns the state each notice had."""
        return SQL(
            """
            WITH moved AS (
                UPDATE relance_notice notice
                   SET state = %(state)s,
                       failure_reason = COALESCE(%(reason)s, CASE WHEN %(stopped)s THEN notice.failure_reason END),
                       failure_kind = COALESCE(%(kind)s, CASE WHEN %(stopped)s THEN notice.failure_kind END),
                       write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                  FROM relance_notice was
                 WHERE was.id = notice.id AND notice.id = ANY(%(ids)s)
             RETURNING notice.id, was.state AS old
            ), line AS (
                UPDATE relance_notice_line SET state = %(state)s FROM moved WHERE notice_id = moved.id
            )
            %(tracking)s
            SELECT id, old FROM moved
            """,
            state=state,
            reason=reason,
            kind=kind,
            stopped=state in ("failed", "cancelled"),
            uid=self.env.uid,
            ids=self.ids,
            tracking=self._sql_state_tracking(state),
        )

    @api.model
    def _sql_state_tracking(self, state):
        """Return the WITH clauses that write the tracking of ``moved`` to ``state``, as ``_message_track`` would.

        Whatever the context says: no client turns the trace of a fact off. Without the addresses of an e-mail: a note
        never leaves, and reading them would take another statement.
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        return SQL(
            """
            , said AS (
                INSERT INTO mail_message (
                       model, res_id, message_type, subtype_id, is_internal, author_id, message_id, body,
                       email_add_signature, date, %(audit)s)
                SELECT %(model)s, id, 'notification', %(note)s, TRUE, %(author)s, %(message_id)s, '', FALSE, %(now)s,
                       %(written)s
                  FROM moved WHERE old <> %(state)s
             RETURNING id, res_id
            ), tracked AS (
                INSERT INTO mail_tracking_value (
                       mail_message_id, field_id, old_value_char, new_value_char,
                       %(audit)s)
                SELECT said.id, %(field)s, COALESCE(label.old, moved.old), %(label)s,
                       %(written)s
                  FROM said
                  JOIN moved ON moved.id = said.res_id
             LEFT JOIN unnest(%(states)s::text[], %(labels)s::text[]) AS label (state, old) ON label.state = moved.old
            )
            """,
            model=self._name,
            note=self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            author=self.env.user.partner_id.id,
            message_id=generate_tracking_message_id("message-notify"),
            now=fields.Datetime.now(),
            audit=AUDIT_COLUMNS,
            written=audit_values(self.env),
            state=state,
            field=self.env["ir.model.fields"]._get(self._name, "state").id,
            label=labels[state],
            states=list(labels),
            labels=list(labels.values()),
        )

    # === BUSINESS METHODS === #

    def _give_up(self, reason=None, until=None):
        """Cancel notices not sent yet, and what people were asked about them: to approve or to mend.

        :param reason: why, a text
        :param until: the last day on which the daily job makes no other notice of their invoices; None: the days of
            the calendar between two notices, one at least
        """
        self.check_access("write")
        if any(notice.state == "sent" for notice in self):
            raise UserError(self.env._("A notice that was sent is a fact and cannot be cancelled."))
        live = self.filtered(lambda notice: notice.state != "cancelled")
        live._set_state("cancelled", reason or None)
        update_rows(
            self.env, self._name, {n.id: {"cancelled_until": until or n._get_rest_after_cancelling()} for n in live}
        )
        # Nobody has to mend a notice that was given up.
        self.activity_feedback(["mail.mail_activity_data_warning"])

    def _get_rest_after_cancelling(self):
        """Return until when the daily job leaves the invoices of a cancelled notice alone unless somebody says so."""
        # A user who sends need not read the calendars of other companies.
        days = self.level_id.sudo().calendar_id.min_days
        return fields.Date.add(self.company_id._relance_today(), days=max(days, 1) - 1)

    def _get_stored_letters(self):
        """Return the letters (``ir.attachment``), rendering once those an e-mail-only level left out."""
        unsealed = self.filtered(lambda notice: not notice.seal)
        if unsealed:
            raise UserError(
                self.env._("Approve the notice first: a letter is printed from the register, with its number.")
            )
        missing = self.filtered(lambda notice: not notice.attachment_id)
        missing._store_letters()
        return self.attachment_id

    def _get_handler(self):
        """Return the user who follows the notice up: its own, else the accountant of its company."""
        self.ensure_one()
        # A salesperson who follows a notice up need not read users.
        return self.company_id._relance_choose_person(self.sudo().user_id, model="relance.notice")

    def _get_mail_template(self):
        """Return the e-mail template of the notice's level; an override may choose another one per debtor."""
        self.ensure_one()
        return self.level_id._get_template()

    @api.model
    def _verify_register(self, company):
        """Recompute the whole chain of ``company``.

        :return: dict ``{"valid": bool, "checked": int, "broken": register number or False, "reason": str or False}``
        """
        return self.env["relance.register"]._verify(company)

    def _get_remedy(self):
        """Return what to do about the notice in a sentence, "" when there is nothing to do. An override knows more."""
        self.ensure_one()
        if self.state == "failed":
            return self._get_failure_remedy()
        if self.state == "to_approve":
            return self.env._("Approve it to send it, or cancel it: its level comes again.")
        if self.state == "draft" and self._get_recallable():
            return self.env._(
                "Nothing: it leaves at %s, unless the campaign is called back.",
                self._format_leaving(self.run_id.leaves_at),
            )
        if self.state == "draft" and (fault := self._find_address_faults().get(self.id)):
            return fault
        if self.state == "draft" and (lacks := self._get_notice_lacks(self.company_id)):
            return self.env._(
                "It waits until the company is complete. %s",
                self.company_id._relance_get_not_ready_message(lacks[self.id]),
            )
        if self.state == "draft" and self.name != "/":
            return self.env._(
                "Its letter could not be made yet: check the logo, the signature and the paragraph of the level. "
                "The sending job tries again."
            )
        if self.state in ("draft", "ready"):
            return self.env._("Nothing: the sending job takes it in a few minutes.")
        if self.state == "cancelled":
            return self.env._("Nothing: what is still owed is decided afresh at the next run.")
        if self.to_post:
            return self.env._("Print and post the letter, then enter the day it was posted.")
        return ""

    def _get_failure_remedy(self):
        if self.failure_kind == "test":
            return self.env._("Nothing: the level comes again at the next run, with what is owed then.")
        if not self._get_mail_template():
            return self.env._("Choose an email template on the level: it comes again at the next run.")
        if self.address_refused:
            return self.env._(
                "Correct the email address of the customer's dunning contact: the level comes again at the next run, "
                "by letter until then."
            )
        return self.env._("Check the outgoing mail server: the level comes again at the next run.")

    # === BUSINESS METHODS - CALLS === #

    @api.depends("call_ids")
    def _compute_call_count(self):
        for notice in self:
            notice.call_count = len(notice.call_ids)

    def action_relance_log_call(self):
        """Open the dialog to log a call about this notice and its invoices."""
        self.ensure_one()
        unpaid = self.line_ids.move_id.filtered(lambda move: move.payment_state in UNPAID)
        return self.partner_id._get_relance_call_dialog(
            self.company_id, notice=self, contact=self.contact_id, moves=unpaid
        )

    # === BUSINESS METHODS - PAGE OF THE DEBTOR === #

    def _ensure_notice_tokens(self):
        """Give the notices without one the token of their page, in one statement."""
        # A user who sends a notice need not be allowed to read the link.
        missing_sudo = self.sudo().filtered(lambda notice: not notice.portal_token)
        if not missing_sudo:
            return
        missing_sudo.flush_recordset(["portal_token"])
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET portal_token = gen_random_uuid()::text
                 WHERE id = ANY(%s) AND portal_token IS NULL RETURNING id
                """,
                missing_sudo.ids,
            )
        )
        missing_sudo.invalidate_recordset(["portal_token"])

    def _opens_portal(self, token):
        """Tell whether ``token`` (text of a visitor) opens the page of this notice today."""
        self.ensure_one()
        # A visitor reads no notice before the link is checked, which is done here.
        known = self.sudo().portal_token
        today = self.company_id._relance_today()
        fresh = today <= self.date + timedelta(days=LINK_DAYS)
        return bool(known and token) and token.isascii() and consteq(known, token) and fresh

    def _is_on_portal(self):
        """Tell whether the debtor may see the notice: it was sent, by us."""
        self.ensure_one()
        return self.state == "sent" and bool(self.seal)

    def _get_answer_url(self):
        """Return the address of the page of this notice, "" when debtors do not answer online.

        Without its secret, which many could read in the e-mail that is kept: `mail.mail` adds it as it leaves.

        :raises AccessError: for who may not read the notice
        """
        self.ensure_one()
        self.check_access("read")
        if not self.company_id._get_relance_setting("relance_answer_online"):
            return ""
        # The secret of the link is nobody's to read.
        if not self.sudo().portal_token:
            self.browse(self._prefetch_ids)._ensure_notice_tokens()
        return f"{self.get_base_url()}/my/relance/{self.id}"

    def _get_page_queries(self):
        """Return ``{notice id: {address: query}}`` of the pages that the e-mail of each opens without a log-in.

        Called just before SMTP, for a whole batch: the page of the notice, unless its link was revoked, and those of
        its invoices.
        """
        queries = {}
        # A user who sends need not be allowed to read the links.
        for notice in self.sudo():
            pages = queries.setdefault(notice.id, {})
            if notice.portal_token:
                pages[f"{notice.get_base_url()}/my/relance/{notice.id}"] = f"token={notice.portal_token}"
            for move in notice.line_ids.move_id.filtered("access_token"):
                pages[move.get_base_url() + move.access_url] = f"access_token={move.access_token}"
        return queries

    # === ACTION METHODS === #

    def action_approve(self):
        """Approve drafts: their figures are brought to today, then they enter the register, at once or in their turn.

        A line paid, held or disputed since is left out; a notice with nothing left is cancelled.

        :raises UserError: when the two-person rule asks for somebody else
        """
        self.check_access("write")
        waiting = self.filtered(lambda notice: notice.state in ("draft", "to_approve"))
        waiting._approve()
        return True

    def action_dispatch(self):
        """Send approved notices now, whatever the hours and the cap, after checking once more what is owed."""
        self.check_access("write")
        self.filtered(lambda notice: notice.state == "draft")._seal()
        self.filtered(lambda notice: notice.state == "ready")._dispatch()
        return True

    def action_cancel(self):
        """Give up notices not sent yet. Their numbers, if any, stay in the register.

        A fact taken over by mistake is undone by an accounting manager, while nothing of ours followed.
        """
        taken_over = self.filtered(lambda notice: notice.taken_over and notice.state == "sent")
        taken_over._undo_takeover()
        (self - taken_over)._give_up()
        return True

    def action_ask_cancel(self):
        """Open the dialog that asks why the notices are cancelled, and until when nothing else is to leave."""
        return self.env["relance.notice.cancel"]._ask_why(self)

    def action_print(self):
        """Open the stored letters: the very bytes that were sealed.

        A letter to post that claims what is not owed any more is withdrawn instead, unless it was printed before.
        """
        if any(self.mapped("taken_over")):
            raise UserError(self.env._("The letter of a level taken over is not here: it was sent before."))
        self.check_access("read")
        withdrawn = self._withdraw_letters() if self.has_access("write") else self.browse()
        if not withdrawn:
            return self._get_print_action()
        left = self - withdrawn
        message = self.env._(
            "Not printed, and cancelled: %s. What is owed changed before it left; what is still due comes again.",
            ", ".join(withdrawn.mapped("display_name")),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning",
                "sticky": True,
                "next": left._get_print_action() if left else {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_print_action(self):
        """Return the action that opens the stored letters."""
        attachments = self._get_stored_letters()
        if len(attachments) == 1:
            self._record_print()
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{attachments.id}?download=true",
                "target": "download",
            }
        return {
            "type": "ir.actions.act_url",
            "url": "/relance_fr/letters?ids=" + ",".join(map(str, self.ids)),
            "target": "download",
        }

    def action_mark_posted(self):
        """Record that the letters were posted today; an earlier day is entered on the letter itself."""
        to_post = self.filtered("to_post")
        if not to_post:
            raise UserError(self.env._("None of these notices is a letter that waits to be posted."))
        for company, notices in to_post.grouped("company_id").items():
            notices.posted_date = company._relance_today()
        return True

    def action_replace_receipt(self):
        """Open the dialog that replaces the receipt of a letter."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replace the Receipt"),
            "res_model": "relance.receipt.replace",
            "view_mode": "form",
            "target": "new",
            "context": {"default_notice_id": self.id},
        }

    def action_open(self):
        """Open the notice itself, from a list where a click edits."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        return action | {"views": [(False, "form")], "res_id": self.id, "domain": [], "context": {}}

    @api.model
    def action_verify_register(self):
        """Recompute the seals of the selected companies' registers and show the outcome."""
        if not self.env.user.has_group("account.group_account_manager"):
            raise UserError(self.env._("Only an accounting administrator verifies the register."))
        results = [(company, self._verify_register(company)) for company in self.env.companies]
        broken = [(company, result) for company, result in results if not result["valid"]]
        if broken:
            message = " ".join(
                self.env._(
                    "%(company)s: broken at %(number)s. %(reason)s",
                    company=company.name,
                    number=result["broken"],
                    reason=result["reason"],
                )
                for company, result in broken
            )
        else:
            message = self.env._(
                "%s notices checked: every seal holds and no row is missing.",
                sum(result["checked"] for _company, result in results),
            )
        for company in self.env.companies:
            earlier = self.env["relance.register"]._get_earlier(company)
            if earlier:
                message += " " + self.env._(
                    "%(company)s: it continues an earlier register, which ended at rank %(rank)s.",
                    company=company.name,
                    rank=earlier["rank"],
                )
        ids = ",".join(map(str, self.env.companies.ids))
        certificate = {"label": self.env._("Print the certificate"), "url": f"/report/pdf/{CERTIFICATE}/{ids}"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Dunning Register"),
                # The client puts links in place of "%s".
                "message": message.replace("%", "%%") + " %s",
                "links": [certificate],
                "type": "danger" if broken else "success",
                # It stays until the link was of use.
                "sticky": True,
            },
        }

    def action_preview_portal(self):
        """Open the page the debtor sees."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "new", "url": f"/my/relance/{self.id}"}

    def action_revoke_portal_link(self):
        """Let the link that was sent open nothing any more, as when it reached the wrong person."""
        self.check_access("write")
        rows = {notice.id: {"portal_token": None} for notice in self}
        update_rows(self.env, "relance.notice", rows)
        for notice in self:
            notice._message_log(body=self.env._("The link to the page of the debtor was revoked."))
        return True
