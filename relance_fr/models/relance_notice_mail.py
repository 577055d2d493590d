from odoo import models

from ..tools.letter_format import one_line


class RelanceNotice(models.Model):
    """What the e-mail templates call: the computed table and the texts a user's wording cannot break.

    The templates are rendered for many notices at once: these methods read what the batch prefetched, search nothing.
    """

    _inherit = "relance.notice"

    def _get_invoice_table_html(self):
        """Return the table of the invoices, the sum to pay and how to pay it, as HTML for an e-mail."""
        self.ensure_one()
        return self._render_letter_template("relance_fr.mail_invoice_table", self._get_mail_values())

    def _get_signature_html(self):
        """Return who writes and, from the firm reminder on, the articles the claim rests on, as HTML for an e-mail."""
        self.ensure_one()
        lang = self._get_letter_lang()
        values = {
            "lang": lang,
            "regime": self.regime,
            "contact": self._get_letter_contact(),
            "company_name": self.company_id.name,
            **self.with_context(lang=lang)._get_letter_law(),
        }
        return self._render_letter_template("relance_fr.mail_signature", values)

    def _get_thanks_signature_html(self):
        """Return who thanks for the payment, as HTML for an e-mail: the same person, without any article of law."""
        self.ensure_one()
        values = {
            "lang": self._get_letter_lang(),
            "contact": self._get_letter_contact(),
            "company_name": self.company_id.name,
            "mentions": {},
        }
        return self._render_letter_template("relance_fr.mail_signature", values)

    def _get_mail_values(self):
        """Return the values of the letter for the e-mail, the portal being ready for the links of the whole batch.

        ``answer_url`` is the page of the notice, "" when debtors do not answer online.
        """
        self.ensure_one()
        if not all(self.line_ids.move_id.mapped("access_token")):
            self.browse(self._prefetch_ids)._ensure_portal_tokens()
        return self._get_letter_values() | {"answer_url": self._get_answer_url()}

    def _get_register_headers(self):
        """Return the header by which the e-mail of a sealed notice carries its seal and a head of the register."""
        self.ensure_one()
        said = f"number={self.name}; rank={self.seal_sequence}; seal={self.seal}"
        if self.anchor_rank:
            said += f"; carried-rank={self.anchor_rank}; carried-seal={self.anchor_seal}"
        return {"X-Relance-Register": said}

    def _get_invoice_label(self):
        """Return what the subject of an e-mail is about: "invoice INV/2026/00012" or "3 invoices"."""
        self.ensure_one()
        notice = self.with_context(lang=self._get_letter_lang())
        names = list(dict.fromkeys(notice.line_ids.mapped("invoice_name")))
        if len(names) == 1:
            return notice.env._("invoice %s", one_line(names[0]))
        return notice.env._("%s invoices", len(names))

    def _get_deadline_text(self):
        """Return the deadline in full, in the language of the notice; "" when it gives none."""
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).day(self.printed_deadline)

    def _get_total_text(self):
        """Return the total claimed with its currency, in the language of the notice."""
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).money(self.total_amount)
