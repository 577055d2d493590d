from odoo import models


class RelanceLetter(models.AbstractModel):
    """What a letter to a debtor is written from, whatever it says: a notice or a payment plan.

    A model that inherits it has the fields ``company_id``, ``currency_id``, ``partner_id`` (the debtor),
    ``contact_id`` (the addressee), ``user_id`` (who follows it up) and ``lang``, and says what is to be paid.
    Parties, payment and printing live in ``relance_letter_*.py``.
    """

    _name = "relance.letter"
    _description = "Letter to a Debtor"

    def _get_letter_moves(self):
        """Return the invoices the letters are about (``account.move``)."""
        raise NotImplementedError

    def _get_letter_amount(self):
        """Return the sum the debtor is asked to transfer now, in the currency of the letter."""
        raise NotImplementedError

    def _get_letter_lang(self):
        """Return the language the letter is written in: its own while letters are written in it."""
        self.ensure_one()
        languages = self._get_letter_languages()
        return self._choose_letter_language(self.lang, self.partner_id.country_id.code, languages)

    def _get_mail_from(self):
        """Return the sender of the e-mail: whom the letter names as contact, else the company."""
        self.ensure_one()
        return self._get_letter_contact()["email_formatted"] or self.company_id.email_formatted or ""

    def _get_mail_reply_to(self):
        """Return where answers go: the company's catch-all, which files them on the record, else the sender."""
        self.ensure_one()
        return self.company_id.catchall_formatted or self._get_mail_from()
