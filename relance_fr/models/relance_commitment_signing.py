import hashlib

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import consteq, format_date

from ..tools.answer_form import file_name
from ..tools.signed_files import (
    MAX_COPY,
    MAX_COPY_PAGES,
    MAX_COPY_PIXELS,
    MAX_DRAWING,
    UnfitFile,
    check_copy,
    check_drawing,
    names_company,
    read_base64,
    read_words,
    same_words,
)

WORDS_LENGTH = 100
MEBI = 1024 * 1024


class RelanceCommitment(models.Model):
    """The signature of a plan: online or on paper, frozen and stored once, told to both parties."""

    _inherit = "relance.commitment"

    withdrawal_ids = fields.One2many(
        "relance.commitment.withdrawal",
        "commitment_id",
        string="Withdrawn Copies",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    signed_on_paper = fields.Boolean(compute="_compute_signed_on_paper")

    @api.depends("sign_state", "signed_ip", "signature")
    def _compute_signed_on_paper(self):
        for commitment in self:
            # Where a plan was signed from is not for every reader; that it was signed online is.
            online = commitment.signature or commitment.sudo().signed_ip
            commitment.signed_on_paper = commitment.sign_state == "signed" and not online

    # === THE LINK === #

    def _is_on_portal(self):
        """Tell whether the debtor may read the plan once logged in: it is offered to him, or he signed it."""
        self.ensure_one()
        offered = self.sign_state == "sent" and not self.cancelled
        return self.kind == "plan" and (offered or self.sign_state == "signed")

    def _link_is_open(self):
        """Tell whether the link of the plan opens its page today: as long as the plan is offered or runs."""
        self.ensure_one()
        return self._is_on_portal() and self.state == "open"

    def _opens_portal(self, token):
        """Tell whether ``token`` (anything a visitor sent) is the link of this plan, and opens it today."""
        self.ensure_one()
        # A visitor reads no plan before his link is checked, which is done here.
        known = self.sudo().access_token
        matches = isinstance(token, str) and token.isascii() and bool(known) and consteq(known, token)
        return matches and self._link_is_open()

    def _can_be_signed_online(self):
        self.ensure_one()
        return self.sign_state == "sent" and self._link_is_open()

    # === ONLINE === #

    def _sign_online(self, name, capacity, signature, ip_address):
        """Freeze what the debtor signed on the portal: who, capacity, image, moment, address; store the letter.

        :param name, capacity: as typed by the visitor
        :param signature: the image he drew, base64
        :raises UserError: when the plan waits for no signature, or one of them is none
        """
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset(["sign_state", "cancelled"])
        self._check_can_be_signed()
        if self.sign_state != "sent":
            raise UserError(self.env._("This plan is not offered for signature."))
        name, capacity = self._read_signatory(name, capacity)
        self._check_drawing(signature)
        self._set_agreement(
            signed_by=name,
            signed_capacity=capacity,
            signed_on=fields.Datetime.now(),
            signed_date=self.env["relance.engine"]._today(self.company_id),
            signed_ip=ip_address,
            signature=signature,
            channel="portal",
            # A copy that waited to be checked is of no use any more.
            signed_copy=False,
            signed_copy_name=False,
        )
        self._store_signed(self._render_letters()[self.id], f"{self._get_plan_reference()}.pdf", "application/pdf")
        self._announce_signature()
        self._send_template("relance_fr.mail_template_plan_signed", attachments=self.signed_attachment_id)

    def _read_signatory(self, name, capacity):
        """Return the name and the capacity of the person who signs, in one line each.

        :raises UserError: saying which is missing, or that a company was named
        """
        self.ensure_one()
        name = read_words(name, WORDS_LENGTH)
        if not name:
            raise UserError(
                self.env._(
                    "Enter the first and last name of the person who signs (%s characters at most).", WORDS_LENGTH
                )
            )
        debtor_sudo, contact_sudo = self.partner_id.sudo(), self.contact_id.sudo()
        companies = {partner.name for partner in debtor_sudo | contact_sudo if partner.is_company}
        # Who signs on the portal reads no company.
        companies.add(self.company_id.sudo().name)
        if names_company(name) or any(same_words(name, company) for company in companies):
            raise UserError(self.env._("A person signs, for the company: enter the name of that person."))
        capacity = read_words(capacity, WORDS_LENGTH)
        if not capacity:
            raise UserError(
                self.env._(
                    "Enter the capacity in which the person signs, as manager or owner (%s characters at most).",
                    WORDS_LENGTH,
                )
            )
        return name, capacity

    @api.model
    def _check_drawing(self, signature):
        """Raise unless ``signature`` (base64) is the picture of a signature."""
        reasons = {
            "empty": self.env._("Draw your signature in the frame: nothing can be seen in it."),
            "size": self.env._("The picture of your signature is too large: draw it, or load one below 1 MB."),
            "pixels": self.env._("The picture of your signature is too large: draw it, or load one below 1 MB."),
        }
        other = self.env._("Your signature could not be read: draw it, or load a picture (PNG or JPEG).")
        try:
            check_drawing(read_base64(signature, MAX_DRAWING))
        except UnfitFile as error:
            raise UserError(reasons.get(error.reason, other)) from error

    # === ON PAPER === #

    @api.model
    def _read_signed_copy(self, vals):
        """Return ``vals`` with a signed copy that was looked at, under a name that says what it is.

        :raises UserError: saying what is wrong with the file
        """
        if "signed_copy" not in vals:
            # The name goes with its file.
            return {name: value for name, value in vals.items() if name != "signed_copy_name"}
        if not vals["signed_copy"]:
            return {**vals, "signed_copy_name": False}
        _content, (_mimetype, ends) = self._open_signed_copy(vals["signed_copy"])
        name = vals.get("signed_copy_name")
        return {**vals, "signed_copy_name": file_name(name if isinstance(name, str) else "", ends)}

    @api.model
    def _open_signed_copy(self, value):
        """Return ``(bytes, (MIME type, extensions))`` of a signed copy (base64).

        :raises UserError: saying what is wrong with the file
        """
        reasons = {
            "empty": self.env._("The signed copy is empty: choose the file again."),
            "size": self.env._("The signed copy is larger than %s MB: scan it again, smaller.", MAX_COPY // MEBI),
            "kind": self.env._("The signed copy is no PDF file and no picture (PNG or JPEG), whatever its name says."),
            "locked": self.env._("The signed copy is protected by a password: save it without, then choose it again."),
            "pages": self.env._("The signed copy has more than %s pages: load the signed plan alone.", MAX_COPY_PAGES),
            "pixels": self.env._(
                "The signed copy is a picture of more than %s megapixels: take a smaller one.",
                MAX_COPY_PIXELS // 1_000_000,
            ),
            "broken": self.env._("The signed copy cannot be opened: it is damaged. Scan it again."),
        }
        try:
            content = read_base64(value, MAX_COPY)
            return content, check_copy(content)
        except UnfitFile as error:
            raise UserError(reasons[error.reason]) from error

    def _check_has_copy(self):
        self.ensure_one()
        if not self.signed_copy:
            raise UserError(self.env._("Load the signed copy first: a PDF file or a picture."))

    def _sign_by_hand(self, name, capacity, day, sha256):
        """Record that the copy which waits is the plan the debtor signed on paper.

        :param name, capacity: of the person who signed
        :param day: the date written on the plan
        :param sha256: of the file that was looked at
        :raises UserError: when the plan is not to be signed, one of them is missing, or the file is another
        """
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset()
        self._check_can_be_signed()
        self._check_has_copy()
        name, capacity = self._read_signatory(name, capacity)
        today = self.env["relance.engine"]._today(self.company_id)
        if not day or not self.date <= day <= today:
            raise UserError(
                self.env._(
                    "Enter the day written on the signed plan: from %(first)s, when the plan was made, to %(last)s.",
                    first=format_date(self.env, self.date),
                    last=format_date(self.env, today),
                )
            )
        content, (mimetype, _ends) = self._open_signed_copy(self.with_context(bin_size=False).signed_copy)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise UserError(self.env._("The signed copy was replaced since you looked at it: check it again."))
        self._store_signed(content, self.signed_copy_name, mimetype)
        self._set_agreement(
            signed_by=name,
            signed_capacity=capacity,
            signed_on=fields.Datetime.now(),
            signed_date=day,
            signed_copy=False,
            signed_copy_name=False,
        )
        self._announce_signature()

    # === A COPY RECORDED BY MISTAKE === #

    def _check_copy_can_be_withdrawn(self):
        """Raise unless the current user may take back the signed copy of this plan."""
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("relance_fr.group_relance_approver"):
            raise AccessError(self.env._("Only an approver withdraws a signed copy."))
        if not self.signed_on_paper:
            raise UserError(
                self.env._("Only a copy signed on paper is withdrawn. What was signed online stays: cancel it.")
            )

    def _withdraw_signed_copy(self, reason):
        """Take back the signed copy: the plan is not signed any more; file, reason and author are kept.

        :raises UserError: when there is none, or the reason says nothing
        :raises AccessError: when the user is no approver
        """
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset()
        self._check_copy_can_be_withdrawn()
        if not read_words(reason, 1000):
            raise UserError(self.env._("Say why the signed copy is withdrawn: the reason is kept."))
        # Nobody makes a trace by hand.
        trace = (
            self.env["relance.commitment.withdrawal"]
            .sudo()
            .create(
                {
                    "commitment_id": self.id,
                    "attachment_id": self.signed_attachment_id.id,
                    "sha256": self.signed_sha256,
                    "signed_by": self.signed_by,
                    "signed_capacity": self.signed_capacity,
                    "signed_date": self.signed_date,
                    "signed_on": self.signed_on,
                    "reason": " ".join(reason.split()),
                    "user_id": self.env.uid,
                    "withdrawn_on": fields.Datetime.now(),
                }
            )
        )
        self._set_agreement(
            sign_state="draft",
            access_token=False,
            signed_attachment_id=False,
            signed_sha256=False,
            signed_by=False,
            signed_capacity=False,
            signed_date=False,
            signed_on=False,
        )
        body = self.env._("The signed copy was withdrawn: the plan is not signed any more. Reason: %s", trace.reason)
        self.message_post(
            body=Markup("%s<br/>SHA-256 %s") % (body, trace.sha256), attachment_ids=trace.attachment_id.ids
        )
        self.partner_id._message_log(
            body=Markup("%s %s") % (self._get_html_link(), self.env._("is not signed: its copy was withdrawn."))
        )
        return trace

    # === STORAGE, NEWS === #

    def _store_signed(self, content, name, mimetype=None):
        vals = {"name": name, "raw": content, "res_model": self._name, "res_id": self.id}
        attachment = self.env["ir.attachment"].create(vals | ({"mimetype": mimetype} if mimetype else {}))
        self._set_agreement(
            sign_state="signed",
            signed_attachment_id=attachment.id,
            signed_sha256=hashlib.sha256(content).hexdigest(),
        )

    def _announce_signature(self):
        """Tell the creditor, in the chatter and by an activity."""
        self.ensure_one()
        handler = self._get_handler()
        plan = self.with_context(lang=handler.lang or self.env.lang)
        day = format_date(plan.env, self.signed_date)
        plan.message_post(
            body=Markup("%s<br/>SHA-256 %s")
            % (
                plan.env._(
                    "Plan signed by %(name)s (%(capacity)s) on %(date)s.",
                    name=self.signed_by,
                    capacity=self.signed_capacity,
                    date=day,
                ),
                self.signed_sha256,
            ),
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
