from odoo import api, models
from odoo.exceptions import UserError

from ...tools.answer_form import file_name
from ...tools.signed_files import (
    MAX_COPY,
    MAX_COPY_PAGES,
    MAX_COPY_PIXELS,
    MAX_DRAWING,
    UnfitFile,
    check_copy,
    check_drawing,
    names_company,
    read_amount,
    read_base64,
    read_words,
    same_spelling,
    same_words,
)

WORDS_LENGTH = 100

SUM_LENGTH = 300

MEBI = 1024 * 1024


class RelanceCommitment(models.Model):
    """What is taken for a signature: a person, the sum that person writes, a drawing, the copy of a signed plan."""

    _inherit = "relance.commitment"

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

    def _writes_sum(self):
        """Tell whether the debtor must write the sum: whoever is no trader (Code civil, art. 1376)."""
        self.ensure_one()
        debtor_sudo = self.partner_id.sudo()
        return debtor_sudo.relance_regime == "consumer" or not debtor_sudo.is_company

    def _read_sum(self, words, figures):
        """Return the sum owed as the debtor typed it, in letters and in figures; False where nobody asks for it.

        :raises UserError: when one of them is missing or is another sum
        """
        self.ensure_one()
        if not self._writes_sum():
            return False
        lang = self._get_letter_lang()
        spelled = self.currency_id.with_context(lang=lang).amount_to_text(self.debt_amount)
        typed = " ".join(words.split()) if isinstance(words, str) else ""
        number = read_amount(figures)
        if number is None or self.currency_id.compare_amounts(number, self.debt_amount):
            raise UserError(self.env._("Write the sum you owe in figures: %s.", self._get_money_text(self.debt_amount)))
        if not typed or len(typed) > SUM_LENGTH or (spelled and not same_spelling(typed, spelled)):
            raise UserError(self.env._("Write the sum you owe in letters: %s.", spelled.lower() or "…"))
        return f"{typed} ({self._get_money_text(self.debt_amount)})"

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
