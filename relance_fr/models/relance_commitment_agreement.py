from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.defaults import without_defaults

# What a signature covers: never written again once the plan is signed.
SIGNED_FIELDS = frozenset(
    {
        "company_id", "partner_id", "date", "move_ids", "line_ids", "debt_ids", "currency_id", "include_penalties",
        "interest", "part_amount", "covered_amount",
    }
)  # fmt: skip
# The proof of the signature: written by the methods of this file and by nobody else.
PROOF_FIELDS = frozenset(
    {
        "sign_state", "signed_by", "signed_capacity", "signed_date", "signed_on", "signed_ip", "signature",
        "signed_attachment_id", "signed_sha256", "outcome", "outcome_date", "broken_date", "kind", "base_amount",
        "penalty_amount", "indemnity_amount", "debt_amount", "access_token", "insolvency_id",
    }
)  # fmt: skip

# The signed copy that waits to be checked: no proof yet.
COPY_FIELDS = frozenset({"signed_copy", "signed_copy_name"})

# Known to this file alone: no caller from outside can hold the same object.
_AGREEMENT = object()


class RelanceCommitment(models.Model):
    """The agreement: a plan is sent to be signed on the portal, or its signed copy is recorded. Signed, it is final."""

    _name = "relance.commitment"
    _inherit = ["relance.commitment", "portal.mixin"]

    sign_state = fields.Selection(
        [("draft", "Draft"), ("sent", "Sent for signature"), ("signed", "Signed")],
        string="Agreement",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    interest = fields.Selection(
        [("runs", "Goes on running"), ("waived", "Is waived if the plan is kept")],
        string="Interest during the Plan",
        default=lambda self: self.env.company._get_relance_setting("relance_plan_interest"),
        required=True,
    )
    # Whoever knows it may sign.
    access_token = fields.Char(groups="account.group_account_invoice")
    signed_by = fields.Char(readonly=True, copy=False)
    signed_capacity = fields.Char(
        string="Capacity",
        readonly=True,
        copy=False,
        help="In what capacity the person signed: manager, chairman, owner.",
    )
    signed_date = fields.Date(
        string="Date of the Signature",
        readonly=True,
        copy=False,
        help="For a plan signed on paper: the day written on it. It starts the limitation period anew.",
    )
    signed_on = fields.Datetime(readonly=True, copy=False)
    signed_ip = fields.Char(string="Signed from", readonly=True, copy=False, groups="account.group_account_invoice")
    # No size: what the debtor drew is kept byte by byte.
    signature = fields.Image(readonly=True, copy=False, attachment=True)
    signed_copy = fields.Binary(
        attachment=True,
        copy=False,
        help="The plan signed by hand, scanned: a PDF file or a picture. It binds nobody until you have checked it.",
    )
    signed_copy_name = fields.Char(copy=False)
    signed_attachment_id = fields.Many2one(
        "ir.attachment", string="Signed Plan", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    signed_sha256 = fields.Char(string="SHA-256 of the Signed Plan", readonly=True, copy=False)

    _signed_has_file = models.Constraint(
        "CHECK (sign_state <> 'signed' OR (signed_attachment_id IS NOT NULL AND signed_sha256 IS NOT NULL))",
        "A signed plan has its signed file.",
    )

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for commitment in self:
            commitment.access_url = f"/my/payment-plans/{commitment.id}"
        return result

    # === THE LOCK === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_no_proof(vals)
        self = without_defaults(self, PROOF_FIELDS | COPY_FIELDS)
        return super().create([self._read_signed_copy(vals) for vals in vals_list])

    def write(self, vals):
        self._check_agreement_stays(vals)
        result = super().write(self._read_signed_copy(vals))
        if vals.get("cancelled"):
            # The link dies with the offer, whatever becomes of the plan.
            self.filtered(lambda commitment: commitment.sign_state == "sent").action_back_to_draft()
        elif "cancelled" in vals:
            self._forget_proceedings()
        return result

    def _check_agreement_stays(self, vals):
        """Raise if ``vals`` would change what was signed or offered, or a proof; `_set_agreement` alone may."""
        if self.env.context.get("relance_agreement") is _AGREEMENT:
            return
        self._check_no_proof(vals)
        if SIGNED_FIELDS & vals.keys():
            self._check_editable()
        if COPY_FIELDS & vals.keys():
            self._check_not_signed()
        if not vals.get("cancelled", True):
            self._check_stays_cancelled()

    @api.model
    def _check_no_proof(self, vals):
        if PROOF_FIELDS & vals.keys():
            raise UserError(
                self.env._("The ledger and the signature of the debtor say this: it cannot be entered by hand.")
            )

    def _as_agreement(self):
        return self.with_context(relance_agreement=_AGREEMENT)

    def _set_agreement(self, **vals):
        """Write what nobody may write by hand, see `PROOF_FIELDS`."""
        return self._as_agreement().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._check_not_signed()
        # sudo: who may not read the traces may not delete them either
        if self.sudo().withdrawal_ids:
            raise UserError(
                self.env._("The signed copy of this plan was withdrawn: its trace is kept. Cancel the plan.")
            )

    def _check_not_signed(self):
        """Raise if one of the plans is signed: it is an agreement of two parties."""
        if any(commitment.sign_state == "signed" for commitment in self):
            raise UserError(self.env._("A signed plan cannot be changed any more. Cancel it and make another one."))

    def _check_stays_cancelled(self):
        if any(commitment.cancelled and commitment.sign_state == "signed" for commitment in self):
            raise UserError(self.env._("A signed plan that was cancelled stays cancelled. Make another one."))

    def _portal_ensure_token(self):
        """Return the token of the link, made if need be. Whoever knows it may sign.

        :raises AccessError: for who may not read the plan, or not its link
        """
        self.check_access("read")
        self._check_field_access(self._fields["access_token"], "read")
        # The link is made for whoever sends it; nobody chooses it.
        return super(RelanceCommitment, self.sudo()._as_agreement())._portal_ensure_token()

    def _check_editable(self):
        """Raise if one of the plans is signed or offered: the debtor must sign what he reads."""
        self._check_not_signed()
        if any(commitment.sign_state == "sent" for commitment in self):
            raise UserError(self.env._("This plan was sent for signature. Withdraw the offer before you change it."))

    def _check_can_be_signed(self):
        self.ensure_one()
        if self.kind != "plan":
            raise UserError(self.env._("Only a payment plan is signed: a promise needs no signature."))
        if self.cancelled:
            raise UserError(self.env._("This plan was cancelled."))
        self._check_not_signed()

    @api.constrains("sign_state", "move_ids")
    def _check_signed_content(self):
        for commitment in self:
            if commitment.sign_state != "draft" and commitment.kind != "plan":
                raise ValidationError(self.env._("Only a payment plan is signed: a promise needs no signature."))

    # === ACTION METHODS === #

    def action_send_for_signature(self):
        """Open the e-mail that offers the plan for signature; the plan is sent once the e-mail is."""
        self.ensure_one()
        self._check_can_be_signed()
        self._portal_ensure_token()
        return self._get_compose_action("relance_fr.mail_template_plan_sign", relance_plan_sent=True)

    def action_send_confirmation(self):
        """Open the e-mail that confirms what was agreed."""
        return self._get_compose_action("relance_fr.mail_template_commitment_confirmation")

    def action_send_broken(self):
        """Open the e-mail that says a promise was not kept."""
        return self._get_compose_action("relance_fr.mail_template_commitment_broken")

    def action_back_to_draft(self):
        """Take back a plan that was offered: its link opens nothing any more, an e-mail that waits does not leave."""
        for commitment in self:
            commitment._check_not_signed()
            commitment._set_agreement(sign_state="draft", access_token=False)
        waiting = [("model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", ("outgoing", "exception"))]
        # The queue is the administrator's: an offer taken back must not leave it with the link of the next one.
        offers_sudo = self.env["mail.mail"].sudo().search([*waiting, ("body_html", "like", "/my/payment-plans/")])
        offers_sudo.cancel()
        return True

    def action_preview_portal(self):
        """Open the page the debtor sees. Without his link: who may read the plan sees it, and signs nothing."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "new", "url": self.access_url}

    def action_check_signed_copy(self):
        """Open the signed copy to be read, with who signed it and when: it is recorded from there."""
        self.ensure_one()
        self._check_can_be_signed()
        self._check_has_copy()
        copy = self.env["relance.plan.copy"].create({"plan_id": self.id})
        return self._get_dialog_action(copy, self.env._("Check the Signed Copy"))

    def action_send_signed_copy(self):
        """Open the e-mail that brings the debtor his copy of the signed plan."""
        self.ensure_one()
        if self.sign_state != "signed":
            raise UserError(self.env._("This plan is not signed: there is no signed copy to send."))
        return self._get_compose_action(
            "relance_fr.mail_template_plan_signed", default_attachment_ids=self.signed_attachment_id.ids
        )

    def action_withdraw_signed_copy(self):
        """Open the dialog that takes back a signed copy recorded by mistake."""
        self.ensure_one()
        self._check_copy_can_be_withdrawn()
        withdrawal = self.env["relance.plan.withdrawal"].create({"plan_id": self.id})
        return self._get_dialog_action(withdrawal, self.env._("Withdraw the Signed Copy"))

    @api.model
    def _get_dialog_action(self, dialog, title):
        """Return the action that opens a dialog, a record that was made: what it shows is read from the server."""
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": dialog._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_print(self):
        """Print the letter of the plan: the signed file, else as it stands."""
        self.ensure_one()
        if self.signed_attachment_id:
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{self.signed_attachment_id.id}?download=true",
                "target": "self",
            }
        return self.env.ref("relance_fr.action_report_plan").report_action(self)

    def message_post(self, **kwargs):
        offers = self.env.context.get("relance_plan_sent") and self._may_be_offered()
        if offers:
            self._check_can_be_signed()
        message = super().message_post(**kwargs)
        if offers:
            self.filtered(lambda plan: plan.sign_state == "draft")._set_agreement(sign_state="sent")
        return message

    def _may_be_offered(self):
        """Tell whether the current user may offer the plan: of the company, with his own right to change it.

        Whoever holds its link posts too, in the name of the debtor, and his browser says in which context. In test
        mode the debtor gets no offer: the plan stays as it is.
        """
        if any(company._get_relance_setting("relance_test_email") for company in self.company_id):
            return False
        return self.env.user._is_internal() and self.sudo(False).has_access("write")
