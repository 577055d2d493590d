from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ...law.payment_terms import PUBLIC_DAYS
from ...tools.due_date import DUE_DATE
from ...tools.open_items import UNPAID
from ...tools.shown_day import shown_day
from ..debtor.res_partner import ACCOUNT_GROUPS

# What is entered after the invoice was sent and corrects nothing in it.
CHORUS_FIELDS = {
    "buyer_reference",
    "purchase_order_reference",
    "relance_chorus_number",
    "relance_chorus_date",
    "relance_performed_on",
    "relance_suspended_days",
    "relance_shorter_term",
}


class AccountMove(models.Model):
    """What a debtor's late-payment law asks of an invoice: warnings on its form, what Chorus Pro must know of it."""

    _inherit = "account.move"

    # Declared as core's own module for Chorus Pro does: where it is installed, these are its fields.
    buyer_reference = fields.Char(help="'Code de Service' in Chorus PRO.")
    purchase_order_reference = fields.Char(help="'Engagement Juridique' in Chorus PRO.")
    relance_chorus_number = fields.Char(
        "Chorus Pro Deposit Number", copy=False, help="Number that Chorus Pro gave to the invoice deposited."
    )
    relance_regime_text = fields.Char(
        "Late-Payment Law", compute="_compute_relance_regime_text", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_chorus_warning = fields.Char(
        compute="_compute_relance_public_warnings", compute_sudo=True, groups=ACCOUNT_GROUPS
    )
    relance_time_warning = fields.Char(
        compute="_compute_relance_public_warnings", compute_sudo=True, groups=ACCOUNT_GROUPS
    )

    # === COMPUTE METHODS === #

    @api.depends("relance_regime", "relance_terms_id", "invoice_date_due", "relance_payable_until")
    @api.depends_context("lang", "relance_date")
    def _compute_relance_regime_text(self):
        texts = self.env["relance.regime.text"]
        for move in self:
            if move.move_type != "out_invoice":
                move.relance_regime_text = False
                continue
            day = shown_day(self.env) or (move.company_id or self.env.company)._relance_today()
            due = move._get_relance_due_date()
            first_day = due and min(day, due + timedelta(days=1))
            move.relance_regime_text = texts._get_sentence(
                move.relance_regime or "business", move.relance_terms_id, day, first_day or None
            )

    @api.depends(
        "state",
        "payment_state",
        "relance_regime",
        "invoice_date",
        "invoice_date_due",
        "delivery_date",
        "buyer_reference",
        "purchase_order_reference",
        "relance_chorus_number",
        "relance_chorus_date",
        "relance_payable_until",
        "commercial_partner_id.relance_chorus_rule",
        "commercial_partner_id.relance_public_kind",
    )
    @api.depends_context("lang")
    def _compute_relance_public_warnings(self):
        for move in self:
            asked = (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and move.relance_regime == "public"
                and move.payment_state in UNPAID
            )
            missing = move._get_chorus_missing() if asked else []
            move.relance_chorus_warning = bool(missing) and self.env._(
                "Chorus Pro: %(missing)s to be entered in the Dunning tab. The time to pay of a public body runs from "
                "the receipt of the payment demand (CCP R2192-12).",
                missing=", ".join(missing),
            )
            move.relance_time_warning = asked and move._get_public_time_warning()

    def _get_public_time_warning(self):
        """Return that a public body may pay later than the due date entered says, False when it is not known to.

        A due date too late is told as for any other customer (``relance_term_warning``).
        """
        self.ensure_one()
        latest = self.relance_payable_until
        if not latest or not self.invoice_date_due or self.invoice_date_due >= latest:
            return False
        return self.env._(
            "This public body may pay until %(latest)s (%(days)s days, CCP R2192-10 to R2192-13): reminders, interest "
            "and indemnity count from there, not from the due date entered, %(due)s. If the contract sets a shorter "
            "time, say so in the Dunning tab.",
            days=PUBLIC_DAYS[self.commercial_partner_id.relance_public_kind or "authority"],
            latest=format_date(self.env, latest),
            due=format_date(self.env, self.invoice_date_due),
        )

    # === NOTICES === #

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._relink_relance_facts()
        return posted

    def action_relance_print(self):
        """Print the current letters of the invoices: the last ones sealed, as they were sealed."""
        notices = self.env["relance.notice"]
        for move in self:
            sealed = move.relance_notice_ids.filtered(lambda n: n.seal and n.state in ("ready", "sent"))
            notices |= sealed.sorted(lambda notice: (notice.date, notice.id))[-1:]
        if not notices:
            raise UserError(self.env._("No letter was made for these invoices yet. Send a notice first."))
        return notices.action_print()

    def action_relance_open_notices(self):
        """Open the register on the notices of the invoice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        notices = self.relance_notice_ids
        action |= {"domain": [("line_ids.move_id", "=", self.id)], "context": {}}
        if len(notices) == 1:
            action |= {"views": [(False, "form")], "res_id": notices.id}
        return action

    @api.depends("relance_notice_line_ids")
    def _compute_relance_notice_count(self):
        counts = dict(
            self.env["relance.notice.line"]._read_group(
                [("move_id", "in", self.ids)], ["move_id"], ["notice_id:count_distinct"]
            )
        )
        for move in self:
            move.relance_notice_count = counts.get(move._origin, 0)

    def _relink_relance_facts(self):
        """Give the facts of rebuilt instalments back to those that fall due on the same day of the same invoice.

        An invoice made out to another customer meanwhile starts afresh: what the first one was sent is another matter.
        """
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        if not invoices:
            return
        self.env.flush_all()
        # Cut before it is tied: the database allows one notice sent an instalment and level.
        cut = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice_line fact SET line_id = NULL
                  FROM relance_notice notice, res_partner debtor, account_move move
                 WHERE fact.move_id = ANY(%s) AND fact.line_id IS NOT NULL AND notice.id = fact.notice_id
                   AND debtor.id = notice.partner_id AND move.id = fact.move_id
                   AND debtor.commercial_partner_id <> move.commercial_partner_id
             RETURNING fact.move_id
                """,
                invoices.ids,
            )
        )
        tied = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice_line fact SET line_id = line.id
                  FROM account_move_line line, account_move move, relance_notice notice, res_partner debtor
                 WHERE fact.line_id IS NULL AND fact.move_id = ANY(%s) AND line.move_id = fact.move_id
                   AND line.display_type = 'payment_term' AND %s = fact.date_maturity
                   AND notice.id = fact.notice_id AND debtor.id = notice.partner_id AND move.id = fact.move_id
                   AND debtor.commercial_partner_id = move.commercial_partner_id
             RETURNING fact.move_id
                """,
                invoices.ids,
                DUE_DATE,
            )
        )
        if cut or tied:
            self.env["relance.notice.line"].invalidate_model(["line_id"])
            self.env["relance.decision"]._refresh_progress(invoices)

    def _get_relance_cancel_days(self):
        """Return ``{invoice id: day}`` on which these cancelled invoices were, as their chatter tells."""
        if not self:
            return {}
        tracked = self.env["mail.tracking.value"].search(
            [
                ("field_id", "=", self.env["ir.model.fields"]._get("account.move", "state").id),
                ("mail_message_id.model", "=", "account.move"),
                ("mail_message_id.res_id", "in", self.ids),
            ],
            order="id",
        )
        return {
            value.mail_message_id.res_id: fields.Datetime.context_timestamp(self, value.mail_message_id.date).date()
            for value in tracked
        }

    # === CRUD METHODS === #

    def write(self, vals):
        if vals and vals.keys() <= CHORUS_FIELDS:
            # References of a deposit correct nothing in a posted invoice.
            self = self.with_context(skip_is_manually_modified=True)
        return super().write(vals)

    # === BUSINESS METHODS - CHORUS PRO === #

    def _get_chorus_missing(self):
        """Return what Chorus Pro gave or asks for that is not entered, as texts; [] when nothing is to be asked."""
        self.ensure_one()
        debtor_sudo = self.commercial_partner_id.sudo()
        if not debtor_sudo._is_on_chorus():
            return []
        rule = debtor_sudo.relance_chorus_rule
        service = self.buyer_reference or debtor_sudo.relance_chorus_service
        missing = {
            self.env._("deposit number"): not self.relance_chorus_number,
            self.env._("deposit date"): not self.relance_chorus_date,
            self.env._("service code"): rule in ("service", "both") and not service,
            self.env._("commitment number"): rule in ("engagement", "both") and not self.purchase_order_reference,
        }
        return [text for text, is_missing in missing.items() if is_missing]

    def _get_chorus_facts(self):
        """Return what identifies the invoice on Chorus Pro, as ``{"number", "date", "engagement", "service"}``.

        Empty for a debtor who is not a public body on Chorus Pro.
        """
        self.ensure_one()
        debtor_sudo = self.commercial_partner_id.sudo()
        if not debtor_sudo._is_on_chorus():
            return {}
        return {
            "number": self.relance_chorus_number or "",
            "date": self.relance_chorus_date,
            "engagement": self.purchase_order_reference or "",
            "service": self.buyer_reference or debtor_sudo.relance_chorus_service or "",
        }
