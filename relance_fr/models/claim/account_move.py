import operator as operators
from decimal import Decimal
from math import ceil

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_repr, format_date, html2plaintext

from ...law import STATUTORY, check_due_date, required_on_invoice
from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values
from ...tools.letter_format import LetterFormat, unbroken
from ..debtor.res_partner import ACCOUNT_GROUPS

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

COMPARISONS = {"<=": operators.le, "<": operators.lt, ">=": operators.ge, ">": operators.gt}

# The shortest maximum of the law (livestock): what falls due sooner is never looked at.
SHORTEST_MAXIMUM = 20


class AccountMove(models.Model):
    """What an invoice says and allows by law.

    Its mentions of late payment (C. com. L441-9) are the same from the day it is posted on. It knows until when its
    claim can be brought to court, and whether it is due later than the law allows.
    """

    _inherit = "account.move"

    relance_limitation_date = fields.Date(
        string="Claim Lapses on",
        compute="_compute_relance_limitation_date",
        search="_search_relance_limitation_date",
        compute_sudo=True,
        help="Last day to bring the claim to court (prescription): 5 years between professionals, 2 for a consumer, "
        "4 calendar years for a public body, 1 in transport; a plan signed by the debtor starts it anew. It runs from "
        "the date of performance or, where that is not entered, from the earliest of delivery, invoice and due date.",
        groups=ACCOUNT_GROUPS,
    )
    relance_limitation_text = fields.Char(
        "Counted from",
        compute="_compute_relance_limitation_date",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_term_exceeded = fields.Boolean(
        "Payment Term over the Legal Maximum",
        compute="_compute_relance_term",
        search="_search_relance_term_exceeded",
        compute_sudo=True,
        groups=ACCOUNT_GROUPS,
    )
    relance_term_warning = fields.Char(compute="_compute_relance_term", compute_sudo=True, groups=ACCOUNT_GROUPS)

    # === MENTIONS OF LATE PAYMENT === #

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
        indemnity_rate = terms_sudo._get_indemnity_rate(regime, self.company_id)
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
        # A user who prints an invoice need not read the table of what was frozen.
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
        day = self.invoice_date or self.company_id._relance_today()
        # The rate is printed on the invoice, whoever posts it.
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
                                                     %(audit)s)
                     SELECT new.move_id, new.company_id, new.regime, new.rate,
                            %(written)s
                       FROM unnest(%(moves)s::int4[], %(companies)s::int4[], %(regimes)s::text[], %(rates)s::numeric[])
                            AS new (move_id, company_id, regime, rate)
                ON CONFLICT (move_id) DO UPDATE
                        SET regime = EXCLUDED.regime, rate = EXCLUDED.rate, write_uid = EXCLUDED.write_uid,
                            write_date = EXCLUDED.write_date
                  RETURNING id
                """,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
                moves=moves,
                companies=companies,
                regimes=regimes,
                rates=rates,
            )
        )
        self.env["relance.invoice.mention"].invalidate_model()

    # === LIMITATION OF CLAIMS === #

    @api.depends(
        "state",
        "commercial_partner_id.relance_regime",
        "commercial_partner_id.relance_public_kind",
        "commercial_partner_id.relance_public_accountant",
        "line_ids.date_maturity",
        "invoice_date",
        "invoice_date_due",
        "delivery_date",
        "relance_performed_on",
        "relance_payable_until",
        "invoice_payment_term_id.relance_sector",
        "line_ids.reconciled",
        "relance_commitment_ids.sign_state",
        "relance_notice_line_ids.state",
    )
    @api.depends_context("lang")
    def _compute_relance_limitation_date(self):
        self.env.flush_all()
        limitations = self.env["relance.claim"]._get_limitations(self._origin.ids)
        for move in self:
            limitation = limitations.get(move._origin.id)
            move.relance_limitation_date = limitation and limitation.last
            move.relance_limitation_text = limitation and self._get_relance_limitation_text(limitation)

    @api.model
    def _get_relance_limitation_text(self, limitation):
        """Return from which day a claim (``law.Limitation``) lapses, and the later day somebody might argue."""
        start = format_date(self.env, limitation.start)
        text = {
            "performance": self.env._("Counted from the date of performance, %s.", start),
            "delivery": self.env._("Counted from the delivery, %s.", start),
            "invoice": self.env._("Counted from the date of the invoice, %s.", start),
            "due": self.env._("Counted from the due date, %s.", start),
        }[limitation.source]
        if limitation.source != "performance":
            text += " " + self.env._("Enter the date of performance if it is another day.")
        if limitation.later:
            text += " " + self.env._(
                "Counted from the due date it would lapse on %s only: arguable, not to be relied on.",
                format_date(self.env, limitation.later),
            )
        return text

    def _search_relance_limitation_date(self, operator, value):
        """Find invoices by a day: ``<=`` and ``<`` look at the claims old enough, the others at all that is open."""
        compare = COMPARISONS.get(operator)
        if not compare or not value:
            return NotImplemented
        # The date depends on facts the reader may not open; what is found is still filtered by the reader's rights.
        env = self.sudo().env
        self.env.flush_all()
        day = fields.Date.to_date(value)
        until = day if operator in ("<=", "<") else fields.Date.add(fields.Date.today(), years=100)
        dates = env["relance.claim"]._get_limitation_dates(env["relance.claim"]._get_aged_moves(until))
        return [("id", "in", [move_id for move_id, last in dates.items() if compare(last, day)])]

    # === DUE DATE AGAINST THE LAW === #

    @api.depends(
        "state", "move_type", "company_id", "invoice_date", "invoice_date_due", "delivery_date",
        "invoice_payment_term_id", "commercial_partner_id.relance_regime",
        "commercial_partner_id.relance_public_kind", "commercial_partner_id.country_id",
        "relance_chorus_date",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_relance_term(self):
        french = self.env["res.company"]._get_france_country_codes()
        for move in self:
            debtor = move.commercial_partner_id
            verdict = agreement = None
            if (
                move.move_type == "out_invoice"
                and move.state in ("draft", "posted")
                and move.country_code in french
                and move.invoice_date_due
                and debtor
                and debtor.country_id.code in (False, *french)
            ):
                agreement = move.invoice_payment_term_id._get_relance_agreement(
                    move.company_id, debtor.relance_regime or "business", debtor.relance_public_kind
                )
                day = move.invoice_date or move.company_id._relance_today()
                verdict = check_due_date(
                    day, move.invoice_date_due, agreement, move.delivery_date or None, move.relance_chorus_date or None
                )
            move.relance_term_exceeded = bool(verdict and not verdict.lawful)
            move.relance_term_warning = (
                move._get_relance_term_warning(verdict, agreement) if move.relance_term_exceeded else False
            )

    def _get_relance_term_warning(self, verdict, agreement):
        """Return what is wrong with the due date, the article and the rule, in one line."""
        sentence = self.env._(
            "This invoice falls due on %(due)s: %(days)s days after %(latest)s, the legal maximum (%(article)s).",
            due=format_date(self.env, self.invoice_date_due),
            days=verdict.excess_days,
            latest=format_date(self.env, verdict.latest),
            article=verdict.article,
        )
        return f"{sentence} {self._get_relance_term_rule(agreement)}"

    def _get_relance_term_rule(self, agreement):
        if agreement.regime == "public":
            return self.env._(
                "A public body has %s days from the receipt of the invoice; a contract may only shorten them.",
                agreement.public_rule.removeprefix("public_"),
            )
        if agreement.sector:
            labels = self.env["account.payment.term"]._fields["relance_sector"]._description_selection(self.env)
            return dict(labels)[agreement.sector]
        if agreement.periodic:
            return self.env._("A periodic invoice: 45 days from its date at most.")
        return self.env._(
            "Between professionals: 60 days from the invoice at most, or 45 days end of month if the contract says so."
        )

    def _search_relance_term_exceeded(self, operator, value):
        if operator != "in":
            return NotImplemented
        over = Domain("id", "in", self._get_relance_over_term_ids())
        return (over if True in value else Domain.FALSE) | (~over if False in value else Domain.FALSE)

    @api.model
    def _get_relance_over_term_ids(self):
        """Return the ids of the invoices of the user's companies that are due too late.

        One statement groups those whose due date is far enough by all that their verdict depends on; the law then
        looks at each group once.
        """
        codes = self.env["res.company"]._get_france_country_codes()
        companies = self.env.companies.filtered(lambda company: company.account_fiscal_country_id.code in codes)
        self.env.flush_all()
        found = []
        for company in companies:
            for group in self.env.execute_query_dict(self._query_relance_due_dates(company, codes)):
                # A term may be of a company above, whose records the user does not read.
                term = self.env["account.payment.term"].sudo().browse(group["term_id"] or [])
                agreement = term._get_relance_agreement(company, group["regime"], group["public_kind"])
                verdict = check_due_date(group["day"], group["due"], agreement, group["delivery"], group["receipt"])
                if verdict and not verdict.lawful:
                    found += group["ids"]
        return found

    @api.model
    def _query_relance_due_dates(self, company, codes):
        return SQL(
            """
            SELECT COALESCE(move.invoice_date, %(today)s) AS day, move.invoice_date_due AS due,
                   move.delivery_date AS delivery, move.invoice_payment_term_id AS term_id,
                   COALESCE(debtor.relance_regime, 'business') AS regime, debtor.relance_public_kind AS public_kind,
                   move.relance_chorus_date AS receipt,
                   array_agg(move.id) AS ids
              FROM account_move move
              JOIN res_partner debtor ON debtor.id = move.commercial_partner_id
         LEFT JOIN res_country country ON country.id = debtor.country_id
             WHERE move.company_id = %(company)s AND move.move_type = 'out_invoice'
               AND move.state IN ('draft', 'posted')
               AND (country.code IS NULL OR country.code = ANY(%(codes)s))
               AND debtor.relance_regime IS DISTINCT FROM 'consumer'
               AND move.invoice_date_due > LEAST(COALESCE(move.invoice_date, %(today)s), move.delivery_date)
                                           + %(shortest)s
          GROUP BY 1, 2, 3, 4, 5, 6, 7
            """,
            today=company._relance_today(),
            company=company.id,
            codes=list(codes),
            shortest=SHORTEST_MAXIMUM,
        )


def _count_lines(content):
    """Return how many lines a text of the letterhead (HTML or not) takes at most."""
    lines = html2plaintext(content or "").splitlines()
    return sum(ceil(len(line) / HEADER_LINE_LENGTH) or 1 for line in lines)
