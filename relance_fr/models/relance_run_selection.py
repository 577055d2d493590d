from odoo import api, fields, models
from odoo.exceptions import UserError


class RelanceRun(models.Model):
    """Runs that the engine opens itself: for chosen invoices, one for each company, or for the daily job."""

    _inherit = "relance.run"

    stopped_line_ids = fields.One2many(
        "relance.run.line", "run_id", string="Not Sent", domain=[("decision", "!=", "send")], copy=False
    )

    @api.model
    def _create_for_moves(self, moves):
        """Return new draft runs for the invoices ``moves``, one for each of their companies, not previewed yet."""
        engine = self.env["relance.engine"]
        self.check_access("create")
        # Where a run comes from is no user's to write.
        runs_sudo = self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "date": engine._today(company),
                    "origin": "selection",
                    "move_ids": [fields.Command.set(company_moves.ids)],
                }
                for company, company_moves in moves.grouped("company_id").items()
            ]
        )
        return runs_sudo.sudo(self.env.su)

    @api.model
    def _create_automatic(self, company, day):
        """Return the new run of the daily job for ``company`` on ``day``."""
        self.check_access("create")
        # Where a run comes from is no user's to write.
        run_sudo = self.sudo().create({"company_id": company.id, "date": day, "origin": "cron"})
        return run_sudo.sudo(self.env.su)

    def _get_selection_action(self):
        """Return the action that shows these runs: a dialog for one of them, else the list to take one by one."""
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_action")
        if len(self) > 1:
            title = self.env._("Dunning of the Chosen Invoices")
            return action | {"name": title, "domain": [("id", "in", self.ids)], "context": {}}
        form = self.env.ref("relance_fr.relance_run_view_form_selection")
        return action | {
            "name": self.env._("Send a Dunning Notice"),
            "views": [(form.id, "form")],
            "res_id": self.id,
            "target": "new",
            "domain": [],
            "context": {"dialog_size": "extra-large"},
        }

    # === ACTION METHODS === #

    def action_send(self):
        """Make the notices ticked. One alone is sent now; several leave once they cannot be called back any more.

        In test mode, show the run that tells what went to the test address.

        :raises UserError: when nothing is left to send
        """
        self.ensure_one()
        confirmed = self.action_confirm()
        if self.state == "draft":
            return confirmed
        notices = self.notice_ids
        if self.is_test:
            # What was sent to the test address is told by the run: nothing entered the register.
            return self._get_form_action()
        if not notices:
            raise UserError(self.env._("Nothing to send: the list says why for each invoice."))
        self.env["relance.engine"]._dispatch(notices.filtered(lambda notice: notice.state == "ready"))
        if any(notice.state == "draft" for notice in notices):
            return self._get_form_action()
        if len(notices) == 1 and notices.state == "sent":
            return self._get_sent_message(notices)
        action = self.action_open_notices()
        return action | ({"views": [(False, "form")], "res_id": notices.id} if len(notices) == 1 else {})

    def _get_sent_message(self, notice):
        """Return the message that one notice left, with a link to it: the user stays where he sent it from."""
        values = {"debtor": notice.partner_id.display_name, "level": notice.level_id.name}
        if notice.to_post:
            message = self.env._("%(level)s for %(debtor)s: the letter is made, print and post it.", **values)
        else:
            message = self.env._("%(level)s sent to %(debtor)s.", **values)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": f"{message.replace('%', '%%')} %s",
                "links": [{"label": notice.name, "url": f"/odoo/relance.notice/{notice.id}"}],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_form_action(self):
        """Return the action that opens the run itself, as wide as the page."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_action")
        return action | {"views": [(False, "form")], "res_id": self.id, "domain": [], "context": {}}

    @api.autovacuum
    def _gc_selections(self):
        """Delete the runs opened from invoices that nobody confirmed, a day later."""
        yesterday = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.search([("origin", "=", "selection"), ("state", "=", "draft"), ("create_date", "<", yesterday)]).filtered(
            lambda run: not run.notice_ids
        ).unlink()
