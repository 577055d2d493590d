import base64
import hashlib

from markupsafe import Markup
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

NAME_LENGTH = 100


class RelanceCommitment(models.Model):
    """The signature of a plan: online or on paper, frozen and stored once, told to both parties."""

    _inherit = "relance.commitment"

    def _can_be_signed_online(self):
        self.ensure_one()
        return self.kind == "plan" and self.sign_state == "sent" and not self.cancelled

    def _sign_online(self, name, signature, ip_address):
        """Freeze what the debtor signed on the portal: name, image, moment, address; store the signed letter once.

        :param signature: the image, base64
        :raises UserError: when the plan waits for no signature, the name is missing or the image is none
        """
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset(["sign_state", "cancelled"])
        self._check_can_be_signed()
        if self.sign_state != "sent":
            raise UserError(self.env._("This plan is not offered for signature."))
        name = " ".join((name or "").split())[:NAME_LENGTH]
        if not name or not signature:
            raise UserError(self.env._("Enter your name and sign."))
        self._set_agreement(
            signed_by=name,
            signed_on=fields.Datetime.now(),
            signed_date=self.env["relance.engine"]._today(self.company_id),
            signed_ip=ip_address,
            signature=signature,
            channel="portal",
        )
        self._store_signed(self._render_letters()[self.id], f"{self._get_plan_reference()}.pdf", "application/pdf")
        self._announce_signature()

    def _sign_by_hand(self, content, file_name):
        """Store the copy of the plan the debtor signed on paper (base64)."""
        self.ensure_one()
        self._check_can_be_signed()
        attachment_name = file_name or f"{self._get_plan_reference()}.pdf"
        self._set_agreement(
            signed_by=self.given_by or self.partner_id.name,
            signed_on=fields.Datetime.now(),
            # Without the day of the signature, the earliest it can be: the cautious one for the limitation.
            signed_date=self.signed_date or self.date,
        )
        self._store_signed(base64.b64decode(content), attachment_name)
        self._announce_signature()

    def _store_signed(self, content, name, mimetype=None):
        vals = {"name": name, "raw": content, "res_model": self._name, "res_id": self.id}
        attachment = self.env["ir.attachment"].create(vals | ({"mimetype": mimetype} if mimetype else {}))
        self._set_agreement(
            sign_state="signed",
            signed_attachment_id=attachment.id,
            signed_sha256=hashlib.sha256(content).hexdigest(),
        )

    def _announce_signature(self):
        """Tell the creditor, in the chatter and by an activity, and send the debtor his copy."""
        self.ensure_one()
        handler = self._get_handler()
        plan = self.with_context(lang=handler.lang or self.env.lang)
        day = format_date(plan.env, self.signed_date)
        plan.message_post(
            body=Markup("%s<br/>SHA-256 %s")
            % (plan.env._("Plan signed by %(name)s on %(date)s.", name=self.signed_by, date=day), self.signed_sha256),
            attachment_ids=self.signed_attachment_id.ids,
            author_id=self.env.ref("base.partner_root").id,
        )
        plan.partner_id._message_log(
            body=Markup("%s %s") % (plan._get_html_link(), plan.env._("was signed by %s.", self.signed_by))
        )
        plan.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=plan.env._("Plan signed by %s", self.signed_by),
            user_id=handler.id,
        )
        self._send_template("relance_fr.mail_template_plan_signed", attachments=self.signed_attachment_id)
