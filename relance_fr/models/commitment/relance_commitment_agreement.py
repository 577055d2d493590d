import hashlib

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import consteq, format_date
from odoo.tools.image import image_data_uri

from ...tools.defaults import without_defaults
from ...tools.letter_format import one_line
from ...tools.letter_pdf import Document
from ...tools.signed_files import read_words

# What a signature covers: never written again once the plan is signed.
SIGNED_FIELDS = frozenset(
    {
        "company_id", "partner_id", "date", "move_ids", "line_ids", "debt_ids", "currency_id", "include_penalties",
        "interest", "notice_days", "part_amount", "covered_amount",
    }
)  # fmt: skip

# The proof of the signature: written by the methods of this file and by nobody else.
PROOF_FIELDS = frozenset(
    {
        "sign_state", "signed_by", "signed_capacity", "signed_sum", "signed_date", "signed_on", "signed_ip",
        "signature", "signed_attachment_id", "signed_sha256", "outcome", "outcome_date", "broken_date", "kind",
        "base_amount",
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
    _inherit = ["relance.commitment", "portal.mixin", "relance.letter"]

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
        compute="_compute_interest",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="A consumer's plan is free of interest and fees unless you choose otherwise.",
    )
    notice_days = fields.Integer(
        "Notice before the Plan Ends (Days)",
        default=lambda self: self.env.company._get_relance_setting("relance_plan_notice_days"),
        help="Consumers: how long a formal notice must have stayed without effect before all that is left is due.",
    )
    # A person who knows it may sign.
    access_token = fields.Char(groups="account.group_account_invoice")
    signed_by = fields.Char(readonly=True, copy=False)
    signed_capacity = fields.Char(
        string="Capacity",
        readonly=True,
        copy=False,
        help="In what capacity the person signed: manager, chairman, owner.",
    )
    signed_sum = fields.Char(
        string="Sum Written by the Debtor",
        readonly=True,
        copy=False,
        help="In letters and in figures, as the debtor typed it (Code civil, art. 1376).",
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
    withdrawal_ids = fields.One2many(
        "relance.commitment.withdrawal",
        "commitment_id",
        string="Withdrawn Copies",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    signed_on_paper = fields.Boolean(compute="_compute_signed_on_paper")
    contact_id = fields.Many2one("res.partner", string="Addressee", compute="_compute_contact_id")
    lang = fields.Char(compute="_compute_contact_id")

    _notice_days_positive = models.Constraint("CHECK (notice_days >= 1)", "A formal notice gives a day at least.")
    _signed_has_file = models.Constraint(
        "CHECK (sign_state <> 'signed' OR (signed_attachment_id IS NOT NULL AND signed_sha256 IS NOT NULL))",
        "A signed plan has its signed file.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_interest(self):
        for commitment in self:
            setting = (commitment.company_id or self.env.company)._get_relance_setting("relance_plan_interest")
            # A salesperson need not read the whole card.
            is_consumer = commitment.partner_id.sudo().relance_regime == "consumer"
            commitment.interest = "waived" if is_consumer else setting

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for commitment in self:
            commitment.access_url = f"/my/payment-plans/{commitment.id}"
        return result

    @api.depends("sign_state", "signed_ip", "signature")
    def _compute_signed_on_paper(self):
        for commitment in self:
            # Where a plan was signed from is not for every reader; that it was signed online is.
            online = commitment.signature or commitment.sudo().signed_ip
            commitment.signed_on_paper = commitment.sign_state == "signed" and not online

    @api.depends("partner_id", "company_id")
    def _compute_contact_id(self):
        for commitment in self:
            debtor = commitment.partner_id.with_company(commitment.company_id)
            commitment.contact_id = debtor and debtor._get_relance_contact()
            # A salesperson need not read the whole card; a debtor who signs reads none.
            commitment.lang = commitment.contact_id.sudo().lang or debtor.sudo().lang

    # === CONSTRAINT METHODS === #

    @api.constrains("sign_state", "move_ids")
    def _check_signed_content(self):
        for commitment in self:
            if commitment.sign_state != "draft" and commitment.kind != "plan":
                raise ValidationError(self.env._("Only a payment plan is signed: a promise needs no signature."))

    # === CRUD METHODS === #

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

    # === BUSINESS METHODS - OFFER === #

    def _check_not_signed(self):
        """Raise if one of the plans is signed: it is an agreement of two parties."""
        if any(commitment.sign_state == "signed" for commitment in self):
            raise UserError(self.env._("A signed plan cannot be changed any more. Cancel it and make another one."))

    def _check_stays_cancelled(self):
        if any(commitment.cancelled and commitment.sign_state == "signed" for commitment in self):
            raise UserError(self.env._("A signed plan that was cancelled stays cancelled. Make another one."))

    def _check_editable(self):
        """Raise if one of the plans is signed or offered: the debtor must sign what was read."""
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

    def _may_be_offered(self):
        """Tell whether the current user may offer the plan: of the company, with a right of one's own to change it.

        A visitor who holds its link posts too, in the name of the debtor, and a browser says in which context. In test
        mode the debtor gets no offer: the plan stays as it is.
        """
        if any(company._get_relance_setting("relance_test_email") for company in self.company_id):
            return False
        return self.env.user._is_internal() and self.sudo(False).has_access("write")

    def message_post(self, **kwargs):
        offers = self.env.context.get("relance_plan_sent") and self._may_be_offered()
        if offers:
            self._check_can_be_signed()
        message = super().message_post(**kwargs)
        if offers:
            self.filtered(lambda plan: plan.sign_state == "draft")._set_agreement(sign_state="sent")
        return message

    # === BUSINESS METHODS - LINK OF THE PLAN === #

    def _portal_ensure_token(self):
        """Return the token of the link, made if need be. A person who knows it may sign.

        :raises AccessError: for who may not read the plan, or not its link
        """
        self.check_access("read")
        self._check_field_access(self._fields["access_token"], "read")
        # The link is made whoever sends it; nobody chooses it.
        return super(RelanceCommitment, self.sudo()._as_agreement())._portal_ensure_token()

    def _is_on_portal(self):
        """Tell whether the debtor may read the plan once logged in: it was offered, or signed."""
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
        # A visitor reads no plan before the link is checked, which is done here.
        known = self.sudo().access_token
        matches = isinstance(token, str) and token.isascii() and bool(known) and consteq(known, token)
        return matches and self._link_is_open()

    def _can_be_signed_online(self):
        self.ensure_one()
        return self.sign_state == "sent" and self._link_is_open()

    # === BUSINESS METHODS - SIGNATURE === #

    def _sign_online(self, name, capacity, signature, ip_address, sum_words=None, sum_figures=None):
        """Freeze what the debtor signed on the portal: who, capacity, image, moment, address; store the letter.

        :param name, capacity: as typed by the visitor
        :param sum_words, sum_figures: the sum owed, typed by the visitor; asked of who is no trader
        :param signature: the image drawn, base64
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
            signed_sum=self._read_sum(sum_words, sum_figures),
            signed_on=fields.Datetime.now(),
            signed_date=self.company_id._relance_today(),
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
        today = self.company_id._relance_today()
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
            signed_sum=False,
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

    # === BUSINESS METHODS - LETTER OF THE PLAN === #

    def _get_letter_moves(self):
        return self.move_ids

    def _get_letter_amount(self):
        """Return what is left of the instalment to pay next."""
        line = self._get_next_instalment()
        return line.amount - line.paid_amount

    def _get_next_instalment(self):
        """Return the oldest instalment that is not paid, the first one when all are."""
        self.ensure_one()
        lines = self.line_ids.sorted(lambda line: (line.date, line.id))
        return lines.filtered(lambda line: line.state != "paid")[:1] or lines[:1]

    def _get_plan_reference(self):
        """Return what names the plan in letters, file names and transfers: PLAN-2026-00012."""
        self.ensure_one()
        return f"PLAN-{self.date.year}-{self._origin.id or 0:05d}"

    def _get_payment_reference(self):
        """Return what the debtor is to quote with each instalment."""
        return self._get_plan_reference()

    def _get_letter_values(self):
        """Return what the letter, the portal page and the e-mails of a plan print, as a plain dict.

        ``creditor``, ``debtor``, ``contact``, ``signatory``, ``payment`` as in a notice; ``debts`` and
        ``instalments``: dicts of figures (floats); ``next_payment``: date and amount; ``totals``: ``principal``,
        ``penalty``, ``indemnity``, ``debt``, ``covered``, ``promised``; ``charged``: penalties are part of the debt;
        ``interest``: "runs" or "waived", as the claim obeys it; ``regime``; ``signed``: who, date and image, or False.
        """
        self.ensure_one()
        lang = self._get_letter_lang()
        plan = self.with_company(self.company_id).with_context(lang=lang, bin_size=False)
        return {
            "number": plan._get_plan_reference(),
            "date": plan.date,
            "lang": lang,
            "kind": plan.kind,
            "currency": plan.currency_id.name,
            "regime": plan.partner_id.relance_regime or "business",
            "creditor": plan._get_letter_creditor(),
            "debtor": plan._get_letter_debtor(),
            "contact": plan._get_letter_contact(),
            "signatory": plan._get_letter_signatory(),
            "given_by": one_line(plan.given_by),
            "debts": [plan._get_letter_debt(debt) for debt in plan.debt_ids],
            "instalments": [
                {
                    "rank": rank,
                    "date": line.date,
                    "amount": line.amount,
                    "paid": line.paid_amount,
                    "state": line.state,
                }
                for rank, line in enumerate(plan.line_ids.sorted(lambda line: (line.date, line.id)), 1)
            ],
            "next_payment": {"date": plan._get_next_instalment().date, "amount": plan._get_letter_amount()},
            "totals": {
                "principal": plan.base_amount,
                "penalty": plan.penalty_amount,
                "indemnity": plan.indemnity_amount,
                "debt": plan.debt_amount,
                "covered": plan.covered_amount,
                "promised": plan.promised_amount,
            },
            # Penalties and indemnity are part of the debt.
            "charged": bool(plan.penalty_amount or plan.indemnity_amount),
            "interest": plan._get_effective_interest(),
            "notice_days": plan.notice_days,
            "writes_sum": plan._writes_sum(),
            "payment": plan._get_letter_payment(),
            "signed": plan._get_letter_signature(),
        }

    def _get_effective_interest(self):
        """Return what the claim obeys: only a plan that covers the whole principal waives interest."""
        self.ensure_one()
        whole = self.currency_id.compare_amounts(self.covered_amount, self.base_amount) >= 0
        return self.interest if whole and self.kind == "plan" else "runs"

    def _get_letter_debt(self, debt):
        """Return the figures of one invoice, as frozen on the day of the plan (floats)."""
        return {
            "invoice": debt.invoice_name,
            "invoice_date": debt.invoice_date,
            "due_date": debt.date_due,
            "invoiced": debt.invoiced_amount,
            "principal": debt.principal_amount,
            "penalty": debt.penalty_amount,
            "indemnity": debt.indemnity_amount,
            "total": debt.principal_amount + debt.penalty_amount + debt.indemnity_amount,
        }

    def _get_letter_signature(self):
        """Return who signed online, in what capacity, the day and the image (data URI); False for what was not."""
        self.ensure_one()
        if not self.signature:
            return False
        who = f"{self.signed_by} ({self.signed_capacity})" if self.signed_capacity else self.signed_by
        return {
            "who": who,
            "date": self.signed_date,
            "sum": self.signed_sum or "",
            "image": image_data_uri(self.signature),
        }

    def _prepare_letter_documents(self):
        """Return ``{plan id: Document}``: the HTML of each letter, its title and its footer."""
        style = self._get_letter_style()
        documents = {}
        for plan in self:
            values = plan._get_letter_values()
            title = one_line(f"{values['number']} - {values['debtor']['name']}")[:120].strip()
            html = plan._render_letter_template(
                "relance_fr.plan_document", values, images=plan._get_letter_images(), title=title, **style
            )
            documents[plan.id] = Document(html, title, values["number"])
        return documents

    def _get_letter_body_html(self):
        """Return the letter as a fragment, for the report action on screen."""
        self.ensure_one()
        return self._render_letter_template(
            "relance_fr.plan_body", self._get_letter_values(), images=self._get_letter_images()
        )

    def _get_portal_html(self):
        """Return what the debtor reads on the portal before signing, as HTML."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.portal_plan_content", self._get_letter_values())

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
        """Open the page the debtor sees, without the link: who may read the plan sees it, and signs nothing."""
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
        """Open the e-mail that brings the debtor a copy of the signed plan."""
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
