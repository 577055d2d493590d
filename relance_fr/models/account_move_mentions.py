from decimal import Decimal
from math import ceil

from odoo import models
from odoo.tools import SQL, float_repr, html2plaintext

from ..law import STATUTORY, required_on_invoice
from ..tools.letter_format import LetterFormat, unbroken

# Core's layouts, in CSS pixels: how high their logo may be, and whether the address stands below it, not beside it.
HEADERS = {
    "web.external_layout_standard": (64, True),
    "web.external_layout_boxed": (128, False),
    "web.external_layout_bold": (128, False),
    "web.external_layout_striped": (128, False),
    "web.external_layout_folder": (128, False),
    "web.external_layout_wave": (96, False),
    "web.external_layout_bubble": (144, True),
}
UNKNOWN_HEADER = (144, True)
# Of a header: its own margin, a line of text and the space below the last one, in CSS pixels; a pixel in millimetres.
HEADER_TOP, HEADER_LINE, HEADER_BOTTOM, PIXEL = 42, 21, 16, 0.289
HEADER_LINE_LENGTH = 40
# In millimetres: wkhtmltopdf repeats the head of the lines on the next page even when their frame alone goes there.
TABLE_HEAD = 18


class AccountMove(models.Model):
    """What customer invoices print of late payment (C. com. L441-9): the same from the day they are posted on."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._freeze_relance_mentions()
        return posted

    def _get_relance_mentions(self):
        """Return what the invoice prints of late payment, False when it prints nothing.

        Called by the template of the invoice, in the language of the invoice.

        :return: dict ``mentions`` ({key: article} of `law.mentions`), ``clause`` and ``indemnity`` (sentences of the
            clause of the invoice, "" for a public body), ``article`` (what they rest on), ``rate`` (Decimal, % a year
            on the date of the invoice; None when it is not known or the clause says it), ``indemnity_rate`` (amount,
            currency), ``discount`` (text or ""), ``early`` (dict ``date``, ``amount``, ``total`` of the cash discount
            of the payment term, or False), ``clearance`` (millimetres from the top of a page to where no header
            reaches, nor the repeated head of the lines), ``write`` (`LetterFormat`)
        """
        self.ensure_one()
        if not self._has_relance_mentions():
            return False
        # The clause and the instalments are facts of the invoice: its debtor reads them on the portal.
        invoice_sudo = self.sudo()
        terms_sudo = invoice_sudo.relance_terms_id
        regime, rate = invoice_sudo._get_relance_mention_facts()[self.id]
        basis = terms_sudo.basis or STATUTORY.basis
        mentions = {mention.key: unbroken(mention.article) for mention in required_on_invoice(regime, basis)}
        if not mentions:
            return False
        indemnity_rate = terms_sudo._get_indemnity_rate(regime)
        is_business = regime == "business"
        if basis == "fixed" and rate == terms_sudo._to_law().rate:
            rate = None
        return {
            "mentions": mentions,
            "clause": terms_sudo._get_rate_sentence() if is_business else "",
            "rate": rate,
            "indemnity": terms_sudo._get_indemnity_sentence() if is_business and indemnity_rate[0] else "",
            "article": list(mentions.values())[-1 if indemnity_rate[0] else 0],
            "indemnity_rate": indemnity_rate,
            "discount": terms_sudo.discount or "",
            "early": invoice_sudo._get_relance_early_discount(),
            "clearance": max(TABLE_HEAD, self._get_relance_header_overflow() + 4),
            "write": self._get_relance_writer(),
        }

    def _get_relance_header_overflow(self):
        """Return how far a printed header may reach below the margin it has, in millimetres, 0 to 120.

        wkhtmltopdf paints the header over the text, on white, and lets nobody measure it: this is estimated from the
        letterhead, rather too much than too little. It costs nothing where the block does not begin a page.
        """
        # The letterhead belongs to the settings, the invoice to accountants.
        company = self.company_id.sudo()
        logo, is_below = HEADERS.get(company.external_report_layout_id.key or next(iter(HEADERS)), UNKNOWN_HEADER)
        logo = logo + 8 if company.logo else 0
        details = (
            company.company_details if not company.is_company_details_empty else company.partner_id.contact_address
        )
        tagline = HEADER_LINE * _count_lines(company.report_header)
        text = HEADER_LINE * _count_lines(details) + HEADER_BOTTOM
        height = HEADER_TOP + (max(logo, tagline) + text if is_below else max(logo + tagline, text))
        # Reports and their paper are the administrator's.
        paper = self.env.ref("account.account_invoices").sudo().paperformat_id or company.paperformat_id
        return min(120, max(0, ceil(height * PIXEL - (paper.margin_top or 0))))

    def _has_relance_mentions(self):
        """Tell whether the invoice is one that the law wants them on, and its company prints them."""
        self.ensure_one()
        company = self.company_id
        return (
            self.move_type == "out_invoice"
            and self.state in ("draft", "posted")
            and self.country_code in company._get_france_country_codes()
            and company._get_relance_setting("relance_invoice_mentions")
        )

    def _get_relance_mention_facts(self):
        """Return ``{invoice id: (regime, rate)}``: as frozen for a posted invoice, as of now for others.

        ``rate`` is the annual rate (Decimal, %) on the date of the invoice, None when it is not known or not printed.
        """
        # Whoever prints an invoice need not read the table of what was frozen.
        frozen_sudo = self.env["relance.invoice.mention"].sudo().search([("move_id", "in", self.ids)])
        frozen = {row.move_id: row for row in frozen_sudo}
        facts = {}
        for move in self:
            row = move.state == "posted" and frozen.get(move)
            if row:
                facts[move.id] = (row.regime, Decimal(float_repr(row.rate, 3)) if row.rate else None)
            else:
                facts[move.id] = move._get_relance_facts_now()
        return facts

    def _get_relance_facts_now(self):
        regime = self.relance_regime
        if regime != "business":
            return regime, None
        day = self.invoice_date or self.env["relance.engine"]._today(self.company_id)
        # The rate is printed on the invoice of whoever posts it.
        return regime, self.sudo().relance_terms_id._get_rate_on(day)

    def _get_relance_early_discount(self):
        """Return the cash discount of the payment term, as its instalment holds it: what core claims before the day."""
        line = self.line_ids.filtered(lambda line: line.display_type == "payment_term" and line.discount_date)[:1]
        if not line:
            return False
        return {
            "date": line.discount_date,
            "amount": abs(line.discount_amount_currency),
            "total": abs(line.amount_currency),
        }

    def _get_relance_writer(self):
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        code = self.env.lang if self.env.lang in installed else installed[0]
        return LetterFormat(self.env, self.env["res.lang"]._get_data(code=code), self.currency_id)

    def _refresh_relance_mention_rate(self):
        """Bring the rate that posted invoices print in line with their clause, when that was changed with a reason."""
        frozen_sudo = self.env["relance.invoice.mention"].sudo().search([("move_id", "in", self.ids)])
        for row_sudo in frozen_sudo.filtered(lambda row: row.regime == "business"):
            move = row_sudo.move_id
            row_sudo.rate = move.relance_terms_id._get_rate_on(move.invoice_date) or 0

    def _freeze_relance_mentions(self):
        """Keep what the mentions of the invoices just posted rest on, in one statement."""
        invoices = self.filtered(
            lambda move: (
                move.move_type == "out_invoice" and move.country_code in move.company_id._get_france_country_codes()
            )
        )
        if not invoices:
            return
        facts = [(move.id, move.company_id.id, *move._get_relance_facts_now()) for move in invoices]
        moves, companies, regimes, rates = (list(column) for column in zip(*facts, strict=True))
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_invoice_mention (move_id, company_id, regime, rate,
                                                     create_uid, create_date, write_uid, write_date)
                     SELECT new.move_id, new.company_id, new.regime, new.rate,
                            %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                       FROM unnest(%(moves)s::int4[], %(companies)s::int4[], %(regimes)s::text[], %(rates)s::numeric[])
                            AS new (move_id, company_id, regime, rate)
                ON CONFLICT (move_id) DO UPDATE
                        SET regime = EXCLUDED.regime, rate = EXCLUDED.rate, write_uid = EXCLUDED.write_uid,
                            write_date = EXCLUDED.write_date
                  RETURNING id
                """,
                uid=self.env.uid,
                moves=moves,
                companies=companies,
                regimes=regimes,
                rates=rates,
            )
        )
        self.env["relance.invoice.mention"].invalidate_model()


def _count_lines(content):
    """Return how many lines a text of the letterhead (HTML or not) takes at most."""
    lines = html2plaintext(content or "").splitlines()
    return sum(ceil(len(line) / HEADER_LINE_LENGTH) or 1 for line in lines)
