from odoo import fields, models
from odoo.fields import Domain


class RelanceRunDebtor(models.Model):
    """The one-by-one mode: a notice to come as somebody works through the list, with the telephone at hand."""

    _inherit = "relance.run.debtor"

    reviewed = fields.Boolean(readonly=True, help="Somebody decided about this notice, or called the debtor, since.")

    # === ACTION METHODS === #

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

    # === BUSINESS METHODS === #

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
