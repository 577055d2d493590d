from odoo import api, fields, models


class RelanceNotice(models.Model):
    """What a person does about a notice that did not leave, or not yet."""

    _inherit = "relance.notice"

    remedy = fields.Char(string="What to Do", compute="_compute_remedy")

    @api.depends("state", "failure_reason", "failure_kind", "address_refused", "name", "level_id", "to_post")
    @api.depends_context("lang")
    def _compute_remedy(self):
        for notice in self:
            notice.remedy = notice._get_remedy()

    def _get_remedy(self):
        """Return what to do about the notice in a sentence, "" when there is nothing to do. An override knows more."""
        self.ensure_one()
        if self.state == "failed":
            return self._get_failure_remedy()
        if self.state == "to_approve":
            return self.env._("Approve it to send it, or cancel it: its level comes again.")
        engine = self.env["relance.engine"]
        if self.state == "draft" and engine._get_recallable(self):
            return self.env._(
                "Nothing: it leaves at %s, unless the campaign is called back.", engine._format_leaving(self.run_id)
            )
        if self.state == "draft" and (lacks := engine._get_notice_lacks(self.company_id, self)):
            return self.env._(
                "It waits until the company is complete. %s",
                engine._get_not_ready_message(self.company_id, lacks[self.id]),
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
