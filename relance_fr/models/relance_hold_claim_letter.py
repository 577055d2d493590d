import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.letter_format import one_line
from ..tools.letter_pdf import Document
from .relance_letter_print import LettersUnavailable

# What the statement prints: written again while the claim is not declared, the statement is made anew.
PRINTED_FIELDS = frozenset(
    {
        "date_from", "partner_id", "reason", "insolvency_kind", "court", "publication_date", "administrator_id",
        "earlier_move_ids", "claim_paid_late", "claim_rank", "privileged_amount", "privilege_ground",
        "retention_of_title", "claim_note", "declaration",
    }
)  # fmt: skip
# Statements of a claim are written for French courts.
COURT_LANGUAGE = "fr_FR"


class RelanceHold(models.Model):
    """The statement of the claim (déclaration de créance), a letter to the creditors' representative.

    It is attached to the proceedings and made anew until the claim is declared; then it is a proof, kept with the
    SHA-256 of its bytes.
    """

    _name = "relance.hold"
    _inherit = ["relance.hold", "relance.letter"]

    contact_id = fields.Many2one(related="administrator_id", string="Addressee")
    lang = fields.Char(compute="_compute_lang")
    claim_attachment_id = fields.Many2one(
        "ir.attachment",
        string="Statement of the Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    claim_sha256 = fields.Char(string="SHA-256 of the Statement", readonly=True, copy=False)

    def _compute_lang(self):
        self.lang = COURT_LANGUAGE

    def write(self, vals):
        if vals.get("declared_on") and len(vals) > 1:
            # What is declared is the statement that says what was just entered.
            self.write({name: value for name, value in vals.items() if name != "declared_on"})
            vals = {"declared_on": vals["declared_on"]}
        declaring = self.filtered(lambda hold: vals.get("declared_on") and not hold.declared_on)
        # What is declared is the statement as it was printed last; somebody who did not print it gets it now.
        declaring.filtered(lambda hold: not hold.claim_attachment_id)._refresh_claim_letter()
        result = super().write(vals)
        for hold in declaring.filtered("claim_attachment_id"):
            content = hold.sudo().claim_attachment_id.raw
            # Its users may not write it themselves, see relance_hold_guard.py.
            hold.sudo().claim_sha256 = hashlib.sha256(content).hexdigest()
        if PRINTED_FIELDS & set(vals):
            self.filtered("claim_attachment_id")._refresh_claim_letter()
        return result

    @api.model
    def _is_declared_claim(self, attachments):
        """Tell whether one of the files is the statement of a claim that was declared."""
        # Whoever cannot see the hold must not be able to break its proof.
        return bool(
            self.sudo().search_count(
                [("claim_attachment_id", "in", attachments.ids), ("declared_on", "!=", False)], limit=1
            )
        )

    # === ACTION METHODS === #

    def action_print_claim(self):
        """Download the statement of the claim: as it was declared, else as the ledger says now."""
        self.ensure_one()
        if not self.declared_on:
            self.check_access("write")
            self._check_claim_letter()
            self._freeze_declaration()
            self._store_claim_letter()
        if not self.claim_attachment_id:
            raise UserError(self.env._("No statement was made before this claim was declared."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.claim_attachment_id.id}?download=true",
            "target": "download",
        }

    def action_declare(self):
        """Enter that the claim was sent today."""
        for hold in self:
            hold.declared_on = self.env["relance.engine"]._today(hold.company_id)
        return True

    def _check_claim_letter(self):
        """Raise if the statement cannot be written yet, saying what is missing."""
        self.ensure_one()
        if not self.insolvency_kind:
            raise UserError(self.env._("Enter the kind of proceedings first."))
        if not self.administrator_id:
            raise UserError(
                self.env._("Enter the creditors' representative first, with an address: the statement is sent there.")
            )

    # === STORAGE === #

    def _refresh_claim_letter(self):
        """Make the statements again that can be; on a server that prints nothing they wait for the button."""
        waiting = self.filtered(lambda hold: not hold.declared_on and hold.administrator_id and hold.insolvency_kind)
        # Claims frozen by a version that kept no instalments.
        waiting.filtered(lambda hold: hold._is_declaration_outdated())._freeze_declaration_or_say_why()
        for hold in waiting.filtered("declaration"):
            try:
                hold._store_claim_letter()
            except LettersUnavailable:
                # An outdated statement is worse than none.
                hold.sudo().claim_attachment_id.unlink()

    def _store_claim_letter(self):
        """Render the statement and attach it to the proceedings, in place of the former one."""
        self.ensure_one()
        # Who enters the proceedings need not read each entry the claim is made of.
        hold_sudo = self.sudo()
        content = hold_sudo._render_letters()[self.id]
        name = f"{hold_sudo._get_claim_reference()} - {one_line(self.partner_id.name)}.pdf"
        vals = {"name": name, "raw": content, "mimetype": "application/pdf"}
        if hold_sudo.claim_attachment_id:
            hold_sudo.claim_attachment_id.write(vals)
        else:
            hold_sudo.claim_attachment_id = hold_sudo.env["ir.attachment"].create(
                {**vals, "res_model": self._name, "res_id": self.id}
            )

    # === RENDERING === #

    def _prepare_letter_documents(self):
        """Return ``{hold id: Document}``: the HTML of each statement, its title and its footer."""
        style = self._get_letter_style()
        documents = {}
        for hold in self:
            values = hold._get_claim_values()
            title = one_line(f"{values['number']} - {values['debtor']['name']}")[:120].strip()
            html = hold._render_letter_template(
                "relance_fr.claim_document", values, images=hold._get_letter_images(), title=title, **style
            )
            documents[hold.id] = Document(html, title, values["number"])
        return documents
