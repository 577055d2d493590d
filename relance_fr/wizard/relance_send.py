from odoo import api, fields, models
from odoo.exceptions import UserError


class RelanceSend(models.TransientModel):
    """Dialog of the invoice: shows what the engine would do for the chosen invoices, then asks it to."""

    _name = "relance.send"
    _description = "Send a Dunning Notice"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    line_ids = fields.One2many(
        "relance.send.line", "send_id", compute="_compute_line_ids", store=True, readonly=False, precompute=True
    )
    send_count = fields.Integer(compute="_compute_counts")
    stopped_count = fields.Integer(compute="_compute_counts")

    @api.depends("move_ids")
    def _compute_line_ids(self):
        engine = self.env["relance.engine"]
        for wizard in self:
            rows = engine._get_manual_decisions(wizard.move_ids)
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create({name: row[name] for name in self.env["relance.send.line"]._row_fields})
                for row in rows
            ]

    @api.depends("line_ids.decision")
    def _compute_counts(self):
        for wizard in self:
            sending = wizard.line_ids.filtered(lambda line: line.decision == "send")
            wizard.send_count = len(sending)
            wizard.stopped_count = len(wizard.line_ids - sending)

    def action_send(self):
        """Send the notices of the chosen invoices; the decision is made again, under a lock."""
        return self._confirm(send_now=True)

    def action_prepare(self):
        """Make and seal the notices without sending them: letters can be printed, then posted."""
        return self._confirm(send_now=False)

    def _confirm(self, send_now):
        self.ensure_one()
        notices = self.env["relance.engine"]._send_by_hand(self.move_ids, send_now=send_now)
        if not notices:
            raise UserError(self.env._("Nothing to send: the list says why for each invoice."))
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_notice_action")
        action["context"] = {}
        action["domain"] = [("id", "in", notices.ids)]
        if len(notices) == 1:
            action |= {"views": [(False, "form")], "res_id": notices.id}
        return action
