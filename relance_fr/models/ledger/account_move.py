from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column

from ...law import public_payable_until
from ..debtor.res_partner import ACCOUNT_GROUPS


class AccountMove(models.Model):
    """The day an invoice falls due, and what the time to pay of a public body depends on."""

    _inherit = "account.move"

    relance_performed_on = fields.Date(
        "Date of Performance",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="Day the goods were delivered, or the works or services completed. The limitation of the claim runs from "
        "there; a public body's time to pay starts no earlier (CCP R2192-13).",
    )
    relance_chorus_date = fields.Date(
        "Deposited on Chorus Pro on",
        copy=False,
        help="Day Chorus Pro notified the deposit to the public body: its time to pay runs from there (CCP R2192-12). "
        "The deposit certificate shows it.",
    )
    relance_suspended_days = fields.Integer(
        "Days Suspended",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="How many days the public body suspended its time to pay, because the demand lacked something (CCP "
        "R2192-27).",
    )
    relance_shorter_term = fields.Boolean(
        "The Contract Sets a Shorter Time",
        copy=False,
        groups=ACCOUNT_GROUPS,
        help="The due date entered counts, even before the public body's legal time to pay ends.",
    )
    relance_payable_until = fields.Date(
        "Payable until",
        compute="_compute_relance_payable_until",
        store=True,
        help="Last day of a public body's time to pay, from the deposit or the performance, whichever is later. "
        "Reminders, interest and indemnity count from it where it is later than the due date entered.",
    )

    _relance_suspended_days_positive = models.Constraint(
        "CHECK(relance_suspended_days >= 0)", "A suspension lasts no negative number of days."
    )

    # === INSTALLATION === #

    def _auto_init(self):
        # Of the invoices that existed, only those with a deposit have it, which an upgrade works out.
        if not column_exists(self.env.cr, "account_move", "relance_payable_until"):
            create_column(self.env.cr, "account_move", "relance_payable_until", "date")
        return super()._auto_init()

    # === COMPUTE METHODS === #

    @api.depends(
        "move_type",
        "delivery_date",
        "relance_performed_on",
        "relance_chorus_date",
        "relance_suspended_days",
        "relance_shorter_term",
        "commercial_partner_id.relance_regime",
        "commercial_partner_id.relance_public_kind",
    )
    def _compute_relance_payable_until(self):
        for move in self:
            debtor = move.commercial_partner_id
            deposited, performed = move.relance_chorus_date, move.relance_performed_on
            applies = (
                (deposited or performed)
                and move.move_type == "out_invoice"
                and debtor.relance_regime == "public"
                and not move.relance_shorter_term
            )
            # Core's delivery date is often the invoice's: alone it starts no time to pay.
            move.relance_payable_until = applies and public_payable_until(
                debtor.relance_public_kind or "authority",
                deposited or None,
                performed or move.delivery_date or None,
                max(0, move.relance_suspended_days),
            )

    # === BUSINESS METHODS === #

    def _relance_refresh_progress(self):
        """Bring the stored progress of the invoices up to date: a named hook, which the decision fills."""

    def _get_relance_due_date(self):
        """Return the last due date of an invoice, its own day where it has none; False without any, as in an entry.

        A public body's is no earlier than the end of its time to pay.
        """
        self.ensure_one()
        entered = self.move_type != "entry" and self.invoice_date_due or self.invoice_date
        return max(filter(None, (entered, self.relance_payable_until)), default=False)
