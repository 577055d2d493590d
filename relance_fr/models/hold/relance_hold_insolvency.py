from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...law.delays import last_working_day
from ...tools.channels import OPEN_STATES
from ...tools.open_items import UNPAID

KINDS = [
    ("safeguard", "Safeguard (sauvegarde)"),
    ("receivership", "Receivership (redressement judiciaire)"),
    ("liquidation", "Liquidation (liquidation judiciaire)"),
]
OUTCOMES = [
    ("plan", "Plan adopted"),
    ("settled", "Closed, liabilities paid"),
    ("insufficient", "Closed, assets insufficient"),
    ("reversed", "Judgment set aside"),
    ("mistake", "Entered by mistake"),
]
# Proceedings that never were: the hold ends before it starts, dunning and interest go on as if it had never been.
UNDONE = ("reversed", "mistake")
# Whose proceedings they are: those of somebody else are other proceedings.
PROCEEDINGS_FIELDS = frozenset({"partner_id", "move_id", "line_id", "amount"})
# What decides which debts are earlier, so which notices, promises and plans the judgment stops.
STOPPING_FIELDS = frozenset({"date_from", "partner_id", "reason", "earlier_move_ids"})
# VAT of a claim lost, to be looked at.
VAT_DAYS = 30


class RelanceHold(models.Model):
    """Insolvency proceedings of a debtor: the judgment, the court, the creditors' representative, what follows.

    Payment of a debt of before the judgment is forbidden (C. com. L622-7): the notices on their way are cancelled at
    once, the promises and plans closed. They bind nobody any more and are not counted as broken. Invoices born after
    the judgment (C. com. L622-17) are paid at their own dates, dunned as usual and shown apart.

    How proceedings go on (another kind of them, a plan, their end) is entered, nothing of it is automatic. After a
    plan or a closing the earlier debts stay out of dunning: they are paid by the plan, or lost. Only proceedings that
    never were give them back.

    What is declared, when and how, stands in ``relance_hold_claim.py``.
    """

    _inherit = "relance.hold"

    # === FIELDS === #

    insolvency_kind = fields.Selection(KINDS, string="Proceedings", tracking=True)
    court = fields.Char(help="e.g. Tribunal de commerce de Lyon")
    publication_date = fields.Date(string="Published in the BODACC on", tracking=True)
    administrator_id = fields.Many2one(
        "res.partner",
        string="Creditors' Representative",
        index="btree_not_null",
        help="The mandataire judiciaire or the liquidator: the claim is declared to this address.",
    )
    earlier_move_ids = fields.Many2many(
        "account.move",
        "relance_hold_earlier_move_rel",
        "hold_id",
        "move_id",
        string="Invoiced Later, Delivered Before",
        copy=False,
        check_company=True,
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        " ('commercial_partner_id', '=', partner_id), ('invoice_date', '>', date_from)]",
        help="Invoices dated after the judgment for what was delivered before it: they are declared with the rest and "
        "not dunned. What has a delivery date needs no entry here.",
    )
    insolvency_outcome = fields.Selection(
        OUTCOMES, string="Outcome of the Proceedings", readonly=True, copy=False, tracking=True
    )
    insolvency_outcome_date = fields.Date(string="Decided on", readonly=True, copy=False, tracking=True)
    conversion_date = fields.Date(
        string="Converted on", readonly=True, copy=False, tracking=True, help="Date of the judgment of conversion."
    )
    conversion_publication_date = fields.Date(
        string="Conversion Published on", readonly=True, copy=False, tracking=True
    )
    later_count = fields.Integer(string="Later Invoices", compute="_compute_later", compute_sudo=True)
    later_amount = fields.Monetary(
        string="Later Invoices, Unpaid",
        compute="_compute_later",
        compute_sudo=True,
        currency_field="company_currency_id",
        help="What is left to pay of the invoices born after the judgment.",
    )

    _judgment_idx = models.Index("(partner_id, company_id) WHERE reason = 'insolvency'")

    _running_insolvency_uniq = models.UniqueIndex(
        "(company_id, partner_id) WHERE reason = 'insolvency' AND insolvency_outcome IS NULL AND date_to IS NULL",
        "The insolvency of this debtor was entered already: open it from the card of the debtor.",
    )

    # === CONSTRAINTS === #

    @api.constrains("date_from", "publication_date", "declared_on", "reason")
    def _check_insolvency_dates(self):
        for hold in self.filtered(lambda hold: hold.reason == "insolvency"):
            today = hold.company_id._relance_today()
            if hold.publication_date and hold.publication_date < hold.date_from:
                raise ValidationError(self.env._("A judgment is published on its own day at the earliest."))
            if hold.declared_on and hold.declared_on < hold.date_from:
                raise ValidationError(self.env._("A claim is declared after the judgment that opened the proceedings."))
            if hold.declared_on and hold.declared_on > today:
                raise ValidationError(self.env._("Enter the day the claim was sent once it is sent."))

    @api.constrains("earlier_move_ids", "partner_id")
    def _check_earlier_moves(self):
        for hold in self:
            if hold.earlier_move_ids.commercial_partner_id - hold.partner_id:
                raise ValidationError(self.env._("Only invoices of the debtor belong to these proceedings."))

    # === COMPUTE METHODS === #

    @api.depends("reason", "partner_id", "date_from", "earlier_move_ids")
    def _compute_later(self):
        for hold in self:
            moves = hold._get_later_moves()
            hold.later_count = len(moves)
            hold.later_amount = sum(moves.mapped("amount_residual_signed"))

    # === STEPS OF CREATE AND WRITE === #

    def _filter_proceedings(self):
        """Return those of the holds that are insolvency proceedings."""
        return self.filtered(lambda hold: hold.reason == "insolvency")

    def _filter_liquidations(self):
        """Return those of the proceedings that are a liquidation."""
        return self.filtered(lambda hold: hold.insolvency_kind == "liquidation")

    @api.model
    def _check_creates_no_proceedings(self, vals_list):
        """Raise a UserError if a user opens proceedings past their dialog, be it by a default of the context."""
        default = self.default_get(["reason"]).get("reason")
        if any(vals.get("reason", default) == "insolvency" for vals in vals_list):
            raise UserError(
                self.env._(
                    "Insolvency proceedings are entered from the card of the debtor, Action menu: they stop penalties "
                    "and prepare the claim."
                )
            )

    def _check_debtor_stays(self, vals):
        """Raise a UserError if ``vals`` would make of proceedings those of another debtor, or of one invoice."""
        if PROCEEDINGS_FIELDS & vals.keys() and any(self._would_change(vals, PROCEEDINGS_FIELDS)):
            raise UserError(
                self.env._(
                    "Proceedings stay those of their debtor and concern all that the debtor owes. If they were "
                    "entered by mistake, say so with the button Next Step, then enter those of the right debtor."
                )
            )

    def _check_judgment_day(self, vals):
        if vals.get("date_from"):
            day = fields.Date.to_date(vals["date_from"])
            if any(day > hold.company_id._relance_today() for hold in self):
                raise UserError(self.env._("The judgment cannot be later than today: check its date."))

    def _check_ends_on_a_day(self):
        """Raise a UserError if there are proceedings among the holds: no day that a person chooses ends them."""
        if self._filter_proceedings():
            raise UserError(
                self.env._(
                    "Insolvency proceedings do not end on a day chosen here: earlier debts would be dunned again. "
                    "Enter what became of them with the button Next Step."
                )
            )

    def _stop_recovery_again(self, vals):
        """Stop what became a matter of running proceedings: ``vals`` change which debts are earlier."""
        if STOPPING_FIELDS & vals.keys():
            self._filter_proceedings().filtered(lambda hold: not hold.insolvency_outcome)._stop_recovery()

    # === BUSINESS METHODS - WHICH DEBTS === #

    @api.model
    def _get_running_insolvency(self, partner, company):
        """Return the proceedings of a debtor that nobody closed yet (``relance.hold``, may be empty)."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("reason", "=", "insolvency"),
                ("insolvency_outcome", "=", False),
                ("date_to", "=", False),
            ],
            limit=1,
        )

    @api.model
    def _get_winding_up_domain(self, partner, company):
        """Return the domain of the judicial liquidation of a debtor that goes on."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("partner_id", "=", partner.commercial_partner_id.id)
            & Domain("reason", "=", "insolvency")
            & Domain("insolvency_kind", "=", "liquidation")
            & Domain("insolvency_outcome", "=", False)
            & Domain("date_to", "=", False)
        )

    def _get_earlier_domain(self):
        """Return the domain of the posted invoices that the judgment concerns."""
        self.ensure_one()
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "=", self.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & (
                Domain("invoice_date", "<=", self.date_from)
                | Domain("delivery_date", "<=", self.date_from)
                | Domain("id", "in", self.earlier_move_ids.ids)
            )
        )

    def _concerns(self, moves):
        """Tell whether one of the invoices ``moves`` is a debt of before the judgment."""
        return bool(moves.filtered_domain(self._get_earlier_domain()))

    def _get_later_moves(self):
        """Return the posted invoices of the debtor that were born after the judgment."""
        self.ensure_one()
        if self.reason != "insolvency" or not self.partner_id or not self.date_from:
            return self.env["account.move"]
        return self.env["account.move"].search(self._get_later_domain())

    def _get_later_domain(self):
        self.ensure_one()
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "=", self.partner_id._origin.id or self.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("invoice_date", ">", self.date_from)
            & (Domain("delivery_date", "=", False) | Domain("delivery_date", ">", self.date_from))
            & Domain("id", "not in", self.earlier_move_ids.ids)
        )

    # === BUSINESS METHODS - WHAT THE JUDGMENT STOPS === #

    def _stop_recovery(self):
        """Cancel, with their reason, what was on its way to the debtor about earlier debts; say so on the hold."""
        for hold in self:
            day = format_date(self.env, hold.date_from)
            reason = self.env._("Insolvency proceedings opened on %s.", day)
            notices, commitments = hold._get_open_notices(), hold._get_open_commitments()
            letters = hold._get_unposted_letters()
            # What the law stops does not depend on what the user who enters it may open.
            moves = notices.sudo().line_ids.move_id
            notices._set_state("cancelled", reason)
            self.env["relance.decision"]._refresh_progress(moves)
            # Who enters the proceedings need not handle the promises.
            commitments_sudo = commitments.sudo()
            commitments_sudo._close_for(hold)
            for commitment_sudo in commitments_sudo:
                commitment_sudo._message_log(body=Markup("%s %s") % (reason, hold._get_html_link()))
                commitment_sudo.activity_feedback(
                    ["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"], feedback=reason
                )
            hold._log_what_stopped(notices, commitments, letters)

    def _log_what_stopped(self, notices, commitments, letters):
        self.ensure_one()
        parts = [
            (self.env._("Notices cancelled"), notices),
            (self.env._("Promises and plans closed"), commitments),
            (self.env._("Letters printed, not posted yet: do not post them"), letters),
        ]
        # Names only: who reads the hold learns what it stopped.
        rows = Markup().join(
            Markup("<li>%s: %s</li>") % (label, Markup(", ").join(record._get_html_link() for record in records.sudo()))
            for label, records in parts
            if records
        )
        if rows:
            self._message_log(body=Markup("<ul>%s</ul>") % rows)

    def _get_open_notices(self):
        """Return the notices not sent yet that claim a debt of before the judgment."""
        self.ensure_one()
        # What stops is decided by the law, not by what the reader may open.
        notices_sudo = self.env["relance.notice"].sudo().search(self._get_notice_domain(OPEN_STATES))
        return notices_sudo.filtered(lambda notice: self._concerns(notice.line_ids.move_id)).sudo(False)

    def _get_unposted_letters(self):
        """Return the letters printed and not posted yet that claim a debt of before the judgment."""
        self.ensure_one()
        notices_sudo = (
            self.env["relance.notice"].sudo().search([*self._get_notice_domain(("sent",)), ("to_post", "=", True)])
        )
        return notices_sudo.filtered(lambda notice: self._concerns(notice.line_ids.move_id)).sudo(False)

    def _get_notice_domain(self, states):
        return [
            ("company_id", "=", self.company_id.id),
            ("partner_id", "=", self.partner_id.id),
            ("state", "in", states),
        ]

    def _get_open_commitments(self):
        """Return the promises and plans not over yet that cover a debt of before the judgment.

        Those broken since the judgment only are among them: it forbade to pay before anybody here knew of it.
        """
        self.ensure_one()
        commitments_sudo = (
            self.env["relance.commitment"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id", "=", self.partner_id.id),
                    ("cancelled", "=", False),
                ]
            )
        )
        return commitments_sudo.filtered(
            lambda commitment: self._was_open(commitment) and self._concerns(commitment.move_ids)
        ).sudo(False)

    def _was_open(self, commitment):
        """Tell whether a promise or plan was neither kept nor broken on the day of the judgment."""
        if commitment.state == "broken":
            return commitment.broken_since > self.date_from
        return commitment.state == "open"

    def _reopen_commitments(self):
        """Give back the promises and plans these proceedings closed: they never were."""
        # Who takes the proceedings back need not handle the promises.
        self.env["relance.commitment"].sudo().search([("insolvency_id", "in", self.ids)])._go_on()

    # === BUSINESS METHODS - HOW PROCEEDINGS GO ON === #

    def _convert_proceedings(self, kind, date, publication_date, administrator):
        """Record a judgment that turns the proceedings into others, worse ones as a rule.

        The opening judgment still decides which debts are earlier and when interest stopped; what was declared need
        not be declared again. A claim not declared yet keeps its deadline.
        """
        self.ensure_one()
        self.check_access("write")
        vals = {
            "insolvency_kind": kind,
            "conversion_date": date,
            "conversion_publication_date": publication_date,
        }
        if administrator:
            vals["administrator_id"] = administrator.id
        # These fields are written here and nowhere else, see OUTCOME_FIELDS of relance_hold.py.
        self.sudo().write(vals)
        self._refresh_claim_letter()
        if kind == "liquidation":
            self._plan_vat_recovery()
            self._plan_later_claims()

    def _close_proceedings(self, outcome, date):
        """Record how the proceedings ended; only those that never were give the debts back to dunning."""
        self.ensure_one()
        self.check_access("write")
        vals = {"insolvency_outcome": outcome, "insolvency_outcome_date": date}
        if outcome in UNDONE:
            vals |= {"date_to": fields.Date.subtract(self.date_from, days=1), "end_announced": True}
        # These fields are written here and nowhere else, see OUTCOME_FIELDS of relance_hold.py.
        self.sudo().write(vals)
        self._activity_done(dict(self._fields["insolvency_outcome"]._description_selection(self.env))[outcome])
        if outcome == "insufficient":
            self._plan_vat_recovery()
            self._tell_other_companies()
        if outcome in UNDONE:
            self._reopen_commitments()
        # New proceedings may be entered at once: the database allows one without outcome.
        self.flush_recordset()
        # What is dunned again, or not any more, shows on the invoices at once.
        moves_sudo = self.env["account.move"].sudo().search(self._get_earlier_domain())
        self.env["relance.decision"]._refresh_progress(moves_sudo)

    def _tell_other_companies(self):
        """Tell the accountant of each other legal entity of the database to which the debtor owes something.

        Proceedings are public; each creditor declares its own claim and enters them for itself.
        """
        for hold in self:
            # Who enters proceedings need neither read the other companies nor what is owed to them.
            hold_sudo = hold.sudo()
            for company in hold_sudo._get_companies_to_tell():
                ours = company._relance_in_company()
                hold_sudo.with_env(ours.env)._tell_company(ours)

    def _get_companies_to_tell(self):
        """Return the companies outside this legal entity to which the debtor of the proceedings owes something."""
        self.ensure_one()
        groups = self.env["account.move"]._read_group(
            Domain("commercial_partner_id", "=", self.partner_id.id)
            & Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", (*UNPAID, "blocked"))
            & Domain("company_id", "not in", self.company_id._relance_get_entity_ids()),
            ["company_id"],
        )
        return self.env["res.company"].union(*(company for [company] in groups))

    def _tell_company(self, company):
        """Tell the accountant of ``company``, once, of these proceedings of another one, on the card of the debtor."""
        self.ensure_one()
        kinds = dict(self._fields["insolvency_kind"]._description_selection(self.env))
        summary = self.env._("Insolvency proceedings of %s: enter them here too", self.partner_id.name)
        if self.insolvency_outcome:
            summary = self.env._("Proceedings of %s closed, assets insufficient", self.partner_id.name)
        accountant = company._relance_get_accountant()
        known = self.partner_id.activity_ids.filtered(lambda known: known.user_id == accountant)
        if summary[:200] in known.mapped("summary"):
            return
        self.partner_id.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=summary[:200],
            note=self.env._(
                "%(other)s knows of them: %(kind)s, judgment of %(date)s%(court)s. %(company)s is owed money too: "
                "payment is forbidden (C. com. L622-7), the claim must be declared in time, and nothing stops by "
                "itself here.",
                other=self.company_id.name,
                kind=kinds.get(self.insolvency_kind) or self.env._("Insolvency"),
                date=format_date(self.env, self.date_from),
                court=f", {self.court}" if self.court else "",
                company=company.name,
            ),
            user_id=accountant.id,
        )

    def _take_twins(self):
        """Let proceedings concern what the same ones concerned on cards merged since; compute what is to be declared.

        What was declared stays as it was; what was born before its judgment is dunned on neither account.
        """
        if not self:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_hold_earlier_move_rel (hold_id, move_id)
                SELECT hold.id, earlier.move_id
                  FROM relance_hold hold
                  JOIN relance_hold twin ON twin.partner_id = hold.partner_id AND twin.company_id = hold.company_id
                                        AND twin.reason = hold.reason AND twin.date_from = hold.date_from
                  JOIN relance_hold_earlier_move_rel earlier ON earlier.hold_id = twin.id
                 WHERE hold.id = ANY(%s)
           ON CONFLICT DO NOTHING RETURNING hold_id
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["earlier_move_ids"])
        undeclared = self.filtered(lambda hold: not hold.declared_on)
        undeclared._freeze_declaration_or_say_why()
        undeclared.filtered("claim_attachment_id")._refresh_claim_letter()

    def _plan_vat_recovery(self):
        """Ask the person in charge to look at the VAT of what is lost, where there is some (CGI art. 272, 1)."""
        for hold in self:
            moves_sudo = (
                self.env["account.move"]
                .sudo()
                .search(hold._get_earlier_domain() & Domain("payment_state", "in", UNPAID))
            )
            summary = self.env._("VAT of the unpaid invoices: to be recovered")
            planned = summary in hold.activity_ids.mapped("summary")
            if planned or not any(moves_sudo.mapped("amount_tax")):
                continue
            today = hold.company_id._relance_today()
            hold.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.add(today, days=VAT_DAYS),
                summary=summary,
                note=self.env._(
                    "From the judgment that pronounces the liquidation, the VAT you paid on invoices that stay unpaid "
                    "can be deducted once they are corrected (CGI art. 272, 1): send a duplicate of each with the "
                    "amount unpaid and its VAT. Ask your accountant; nothing is booked by itself."
                ),
                user_id=hold._get_person_in_charge().id,
            )

    def _plan_later_claims(self):
        """Ask to tell the liquidator of unpaid later invoices: their privilege is kept six months (C. com. L641-13)."""
        for hold in self:
            moves = hold._get_later_moves().filtered(lambda move: move.payment_state in UNPAID)
            if not moves:
                continue
            today = hold.company_id._relance_today()
            start = hold.conversion_publication_date or hold.conversion_date or today
            limit = fields.Date.add(start, months=6)
            hold.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=max(today, min(fields.Date.add(today, days=VAT_DAYS), last_working_day(limit))),
                summary=self.env._("Tell the liquidator of the later invoices that are unpaid"),
                note=self.env._(
                    "Unpaid claims of after the opening judgment keep their rank if the liquidator is told within six "
                    "months of the publication of the liquidation (C. com. L641-13): before %s.",
                    format_date(self.env, limit),
                ),
                user_id=hold._get_person_in_charge().id,
            )

    # === ACTION METHODS === #

    def _get_form_action(self):
        """Return the action that opens this hold."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "relance.hold",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_insolvency_step(self):
        """Open the dialog that says how the proceedings went on."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Next Step of the Proceedings"),
            "res_model": "relance.insolvency.step",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_id": self.id},
        }

    def action_view_later(self):
        """Open the invoices born after the judgment."""
        return self._get_moves_action(self.env._("Invoices after the Judgment"), self._get_later_domain())

    def action_view_earlier(self):
        """Open the invoices of the claim."""
        rows = (self.declaration or {}).get("rows", [])
        domain = Domain("id", "in", [row["move_id"] for row in rows])
        return self._get_moves_action(self.env._("Invoices of the Claim"), domain)

    def action_download_invoices(self):
        """Download the invoices of the claim in one file, to be joined to it as its documents."""
        self.ensure_one()
        rows = (self.declaration or {}).get("rows", [])
        return self.env["account.move"].browse([row["move_id"] for row in rows]).exists().action_invoice_download_pdf()

    def _get_moves_action(self, name, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return action | {
            "name": name,
            "domain": list(domain),
            "context": {"create": False, "default_move_type": "out_invoice"},
        }
