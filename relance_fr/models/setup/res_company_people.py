from odoo import models
from odoo.tools import html2plaintext, plaintext2html

from ...tools.letter_format import one_line, registration


class ResCompany(models.Model):
    """Who stands behind what a company writes: the legal person, and the people who fill a role in it."""

    _inherit = "res.company"

    # === THE LEGAL PERSON === #

    def _get_relance_legal_line(self):
        """Return what all correspondence of the company carries, in one line; "" until its legal form is entered.

        Name, legal form, capital, seat, SIREN and register (C. com. R123-237, R123-238): those of the legal person, of
        which a branch is a part. In French whatever the language: it is how the company is registered.
        """
        self.ensure_one()
        form = (self._get_relance_setting("relance_legal_form") or "").strip()
        if not form:
            return ""
        # A user of a branch need not read its parent.
        root_sudo = self.sudo().root_id
        card_sudo = root_sudo.partner_id
        capital = (self._get_relance_setting("relance_share_capital") or "").strip()
        town = (self._get_relance_setting("relance_register_town") or "").strip()
        address = " ".join(filter(None, (card_sudo.zip, card_sudo.city)))
        seat = self._get_relance_setting("relance_seat") or ", ".join(
            filter(None, (card_sudo.street, card_sudo.street2, address))
        )
        siren = registration(root_sudo.company_registry)[0] or (root_sudo.company_registry or "").strip()
        register = f"{siren} RCS {town}".strip() if town else siren and f"SIREN {siren}"
        parts = [root_sudo.name, f"{form} au capital de {capital}" if capital else form]
        parts += [f"siège social : {seat}" if seat else "", register]
        return one_line(", ".join(filter(None, parts)))

    def _get_relance_legal_text(self):
        """Return the same for an e-mail, as plain text: the footer of documents where nothing is entered."""
        self.ensure_one()
        # Who writes need not read the card of the company.
        return self._get_relance_legal_line() or one_line(html2plaintext(self.sudo().report_footer or ""))

    # === WHO FILLS A ROLE === #

    def _relance_warn_accountant(self, message, note=None):
        """Tell the accountant of the company once, by an activity on the company's address card.

        :param note: what to say beside ``message``, plain text; the newest is kept
        """
        partner = self.partner_id
        known = partner.activity_ids.filtered(lambda activity: activity.summary == message[:200])
        if known and note:
            known.note = plaintext2html(note)
        elif not known:
            partner.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=message[:200],
                note=plaintext2html(note or message),
                user_id=self._relance_get_accountant().id,
            )

    def _relance_get_accountant(self, leaving=None):
        """Return who looks after dunning in the company: its signatory, else its first accounting manager.

        :param leaving: users who are about to be archived
        """
        # Colleagues are not readable by everybody in all companies.
        managers = self.env.ref("account.group_account_manager").sudo().all_user_ids
        gone = leaving or self.env["res.users"]
        here = (self._relance_get_signatory() - gone) or (self._relance_keep_present(managers) - gone).sorted("id")[:1]
        return (here or self.env.ref("base.user_root")).with_env(self.env)

    def _relance_keep_present(self, users, model=None):
        """Return those of ``users`` who can still fill a role in the company: active, internal, of the company.

        :param model: name of a model they must be allowed to read besides
        """
        # Colleagues are not readable by everybody in all companies.
        present_sudo = users.sudo().filtered(
            lambda user: (
                user.active
                and not user.share
                and self.id in user._get_company_ids()
                and (not model or self.env[model].with_user(user).has_access("read"))
            )
        )
        return present_sudo.with_env(users.env)

    def _relance_choose_person(self, *candidates, model=None):
        """Return the first of the ``candidates`` (``res.users``, empty ones left out) who can still fill the role.

        :param model: name of the model the work is about, which the person must be allowed to read
        :return: one user, the accountant when none of them is left
        """
        for candidate in candidates:
            present = self._relance_keep_present(candidate, model)[:1]
            if present:
                return present
        return self._relance_get_accountant()

    def _relance_get_signatory(self):
        """Return who signs the letters of the company, nobody once that person has left it."""
        return self._relance_keep_present(self._get_relance_setting("relance_signatory_id"))

    def _relance_get_contact(self):
        """Return the contact (``res.partner``) the letters name, nobody once that person has left the company.

        A shared mailbox or an adviser has no user: archiving the card is what tells that it is not used any more.
        """
        # Who sends need not read users.
        contact_sudo = self._get_relance_setting("relance_contact_id").sudo().filtered("active")
        users_sudo = contact_sudo.with_context(active_test=False).user_ids
        if users_sudo and not self._relance_keep_present(users_sudo):
            contact_sudo = contact_sudo.browse()
        return contact_sudo.with_env(self.env)
