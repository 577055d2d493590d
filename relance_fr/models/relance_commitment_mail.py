from odoo import api, models


class RelanceCommitment(models.Model):
    """What the e-mails of promises and plans call, and how they leave."""

    _inherit = "relance.commitment"

    def _get_plan_table_html(self):
        """Return the invoices, the instalments and how to pay them, as HTML for an e-mail."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.mail_plan_table", self._get_letter_values())

    def _get_payment_html(self):
        """Return how to pay, as HTML for an e-mail."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.mail_payment", {**self._get_letter_values(), "deadline": False})

    def _get_signature_html(self):
        """Return who writes, as HTML for an e-mail."""
        self.ensure_one()
        values = {
            "lang": self._get_letter_lang(),
            "contact": self._get_letter_contact(),
            "company_name": self.company_id.name,
            "mentions": {},
        }
        return self._render_letter_template("relance_fr.mail_signature", values)

    def _get_mail_to_id(self):
        """Return the id of the partner the e-mails go to: the debtor's dunning contact, else the debtor himself."""
        self.ensure_one()
        # A user who may not open every contact of the debtor still writes to the right one.
        contact_sudo = self.contact_id.sudo()
        return contact_sudo.id if contact_sudo.email else self.partner_id.id

    def _get_sign_url(self):
        """Return the address of the page where the plan is read and signed.

        Without its secret, which many could read in the e-mail that is kept: `mail.mail` adds it as it leaves.
        """
        self.ensure_one()
        return self.get_base_url() + self.access_url

    def _get_page_queries(self):
        """Return ``{address: query}`` of the pages that an e-mail of these plans opens without a log-in.

        Called just before SMTP, for a whole batch; the link of a plan that ended opens nothing, and is not given.
        """
        # Whoever sends need not be allowed to read the link.
        plans_sudo = self.sudo().filtered(lambda plan: plan.access_token and plan._link_is_open())
        return {
            plan.id: {plan.get_base_url() + plan.access_url: f"access_token={plan.access_token}"} for plan in plans_sudo
        }

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Lead the debtor to his page by its plain address: core's button would keep the secret of the link."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        for name, _condition, options in groups:
            if name == "portal_customer":
                shown = len(self) == 1 and self._is_on_portal()
                options["has_button_access"] = shown
                options["button_access"] = {"url": self._get_sign_url()} if shown else {}
        return groups

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):  # noqa: A002 (core's)
        """Open no conversation by a link: the page of a plan has none, and a link that ended must not read on."""
        return super()._get_thread_with_access(thread_id, **kwargs)

    def _get_day_text(self, day):
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).day(day)

    def _get_money_text(self, amount):
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).money(amount)

    def _get_late_amount(self):
        """Return what is missing of the payments promised so far."""
        self.ensure_one()
        late = self.line_ids.filtered(lambda line: line.state == "late")
        return sum(line.amount - line.paid_amount for line in late)

    def _get_compose_action(self, template, **context):
        """Return the action that opens the e-mail of ``template`` (xml id) for a person to read, change and send."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send by Email"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": self.env.ref(template).id,
                "default_email_layout_xmlid": "relance_fr.mail_layout",
                "force_email": True,
                **context,
            },
        }

    def _send_template(self, template, attachments=None):
        """Queue the e-mail of ``template`` (xml id), with files; nothing when the debtor has no address.

        In test mode it does not leave, and the chatter says so.
        """
        self.ensure_one()
        # Who signs on the portal reads no other contact of the debtor.
        if not self.partner_id.browse(self._get_mail_to_id()).sudo().email:
            return
        if self.company_id._get_relance_setting("relance_test_email"):
            self._message_log(
                body=self.env._("Test mode: the debtor was not emailed. Write to the debtor once test mode is off.")
            )
            return
        # Who signs on the portal may neither read templates nor attachments.
        template_sudo = self.env.ref(template).sudo()
        values = {"attachment_ids": attachments.ids} if attachments else None
        template_sudo.send_mail(self.id, email_values=values)
