from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.letter_format import group, one_line
from ..tools.qr_svg import qr_code_uri

# Unstructured remittance information of a SEPA transfer (EPC069-12, EPC217-08).
REMITTANCE_LENGTH = 140


class RelanceLetter(models.AbstractModel):
    """How to pay: bank account, reference to quote, SEPA QR code, links to the portal."""

    _inherit = "relance.letter"

    online_payment = fields.Boolean(
        compute="_compute_online_payment",
        help="The customer portal of the company takes payments.",
    )

    @api.depends("company_id")
    def _compute_online_payment(self):
        # Providers come with the payment application, which this one does without.
        providers_sudo = self.env["payment.provider"].sudo() if "payment.provider" in self.env else None
        for company, letters in self.grouped("company_id").items():
            letters.online_payment = providers_sudo is not None and bool(
                providers_sudo.search_count(
                    [*providers_sudo._check_company_domain(company), ("state", "=", "enabled")], limit=1
                )
            )

    def _get_letter_payment(self):
        """Return how to pay; the bank fields are ``""`` when the company has no account to show.

        :return: dict ``iban`` (grouped by four), ``bic``, ``bank``, ``holder``, ``reference``, ``online`` (bool: the
            portal takes payments)
        """
        self.ensure_one()
        account = self._get_letter_bank_account()
        number = account.sanitized_acc_number or ""
        return {
            "iban": group(number, [4], space=" ") if account.acc_type == "iban" else account.acc_number or "",
            "is_iban": account.acc_type == "iban",
            "bic": account.bank_bic or "",
            "bank": one_line(account.bank_name),
            "holder": one_line(account.acc_holder_name or account.partner_id.name),
            "reference": self._get_payment_reference(),
            "online": self.online_payment,
        }

    def _get_letter_bank_account(self):
        """Return the account to pay to (``res.partner.bank``, may be empty).

        That of the oldest invoice which names one, else the company's first account in the currency.
        """
        self.ensure_one()
        named = self._get_letter_moves().partner_bank_id.filtered("active")
        # They are printed on every letter; reading them is no right of everybody.
        own = self.company_id.partner_id.sudo().bank_ids.filtered(
            lambda bank: (
                bank.company_id in (self.env["res.company"], self.company_id)
                and bank.currency_id in (self.env["res.currency"], self.currency_id)
            )
        )
        return named[:1] or own[:1]

    def _get_payment_moves(self):
        """Return the invoices that are to be paid now, whose references are quoted. An override may leave some out."""
        return self._get_letter_moves()

    def _get_payment_reference(self):
        """Return what the debtor is to quote: the reference of the only invoice, else the register number."""
        self.ensure_one()
        moves = self._get_payment_moves()
        if len(moves) == 1 or self.name == "/":
            names = [move.payment_reference or move.name for move in moves]
            return one_line(" ".join(filter(None, names)))[:REMITTANCE_LENGTH]
        return one_line(self.name)

    def _get_letter_qr_code(self):
        """Return the SEPA credit transfer QR code of what is to be paid (data URI), False when there can be none.

        What it says is core's (``account_qr_code_sepa``, EPC069-12); it is drawn here as a vector image.
        """
        self.ensure_one()
        account = self._get_letter_bank_account()
        amount = self._get_letter_amount()
        if not account or amount <= 0:
            return False
        reference = self._get_payment_reference()
        transfer = ("sct_qr", amount, self.currency_id, self.partner_id, reference, reference)
        if account._get_error_messages_for_qr("sct_qr", self.partner_id, self.currency_id):
            return False
        if account._check_for_qr_code_errors(*transfer):
            return False
        # Core writes the amount as Python does (1850.0); banks expect the cents.
        text = f"{amount:.2f}"
        content = account._get_qr_vals("sct_qr", text, self.currency_id, self.partner_id, reference, reference)
        return qr_code_uri("\n".join(content))

    def _ensure_portal_tokens(self):
        """Give the invoices without one the token that opens them on the portal, in one statement.

        ``portal.mixin`` writes them one by one through ``account.move.write``, which flags invoices as modified.
        """
        moves = self._get_letter_moves().filtered(lambda move: not move.access_token)
        if not moves:
            return
        moves.flush_recordset(["access_token"])
        self.env.execute_query(
            SQL(
                """
                UPDATE account_move SET access_token = gen_random_uuid()::text
                 WHERE id = ANY(%s) AND access_token IS NULL RETURNING id
                """,
                moves.ids,
            )
        )
        moves.invalidate_recordset(["access_token"])
