from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.defaults import without_defaults

# What becomes of an answer; what the debtor said is a fact.
FOLLOW_UP_FIELDS = frozenset({"user_id"})


class RelanceAnswer(models.Model):
    """What a debtor answered on the portal about some invoices: paid, will pay, disputes, proposes a plan.

    Nothing follows from it by itself but a short pause, once an invoice, where the company allows it: a person in
    charge makes a hold, a promise or a plan of it, or sets it aside.
    """

    _name = "relance.answer"
    _description = "Answer of a Debtor"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

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

    _form_uniq = models.UniqueIndex("(company_id, partner_id, form_key)", "This answer was received already.")

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

    def _get_handler(self):
        """Return the user who examines the answer: its own while he is active, else the accountant."""
        self.ensure_one()
        return self.user_id.filtered("active") or self.env["relance.engine"]._get_accountant(self.company_id)
