from calendar import isleap
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from operator import attrgetter

from markupsafe import Markup
from odoo import api, fields, models
from odoo.addons.base.models.ir_qweb_fields import nl2br
from odoo.tools import SQL
from odoo.tools.mail import is_html_empty

from ...law import STATUTORY, required
from ...law.mentions import APPLICABLE_LAW, FORMAL_KINDS
from ...tools.channels import PAPER, REMINDER_KINDS
from ...tools.letter_format import NBSP, one_line, unbroken
from ...tools.letter_html import clean_fragment
from ...tools.letter_pdf import Document


class RelanceNotice(models.Model):
    """What a notice says: one set of values for the letter, the e-mail and whatever else prints the claim.

    Every amount comes from the frozen notice and its lines; nothing is computed from the ledger here.
    """

    _inherit = "relance.notice"

    previous_notice_ids = fields.Many2many(
        "relance.notice",
        string="Earlier Notices",
        compute="_compute_previous_notice_ids",
        help="Reminders sent before this notice for one of its invoices, oldest first.",
    )

    next_step = fields.Json(
        string="What Comes Next",
        compute="_compute_next_step",
        help="What the calendar does next about its invoices if nothing is paid: ``kind`` and ``date`` (the earliest).",
    )

    # === COMPUTE METHODS === #

    @api.depends("date", "printed_deadline", "level_id", "line_ids")
    def _compute_next_step(self):
        self.env.flush_all()
        rows = self.env.execute_query(self._query_next_step())
        found = {notice_id: {"kind": kind, "date": fields.Date.to_string(date)} for notice_id, kind, date in rows}
        for notice in self:
            notice.next_step = found.get(notice.id, False)

    def _query_next_step(self):
        """Return the query of the step that follows each notice in its calendar: id, kind, date.

        By the very rule of the decision, as if the notice had been sent; the harshest of what is next for its lines.
        """
        # When the debtor may hear of us again: a calendar that catches up by age has moved on by then.
        again = SQL("GREATEST(notice.date + calendar.min_days, notice.printed_deadline)")
        today = min((company._relance_today() for company in self.company_id), default=fields.Date.today())
        return SQL(
            """
            SELECT DISTINCT ON (notice.id) notice.id, next.kind, next.date
              FROM relance_notice notice
              JOIN relance_level sent ON sent.id = notice.level_id
              JOIN relance_calendar calendar ON calendar.id = sent.calendar_id
              JOIN relance_notice_line fact ON fact.notice_id = notice.id AND fact.level_id = notice.level_id
        CROSS JOIN LATERAL (SELECT fact.date_maturity AS due, sent.calendar_id, NULL::date AS jump_since,
                                   notice.company_id) item
        CROSS JOIN LATERAL (SELECT sent.delay, %(rank)s AS rank, notice.date,
                                   %(again)s AS deadline) history
        CROSS JOIN LATERAL (%(next)s) next
             WHERE notice.id = ANY(%(ids)s)
          ORDER BY notice.id, %(next_rank)s DESC, next.date
            """,
            again=again,
            rank=self.env["relance.ledger"]._sql_level_rank(SQL("sent.kind")),
            next_rank=self.env["relance.ledger"]._sql_level_rank(SQL("next.kind")),
            next=self.env["relance.decision"]._sql_next_level(again, self.company_id, today),
            ids=self.ids,
        )

    @api.depends("line_ids.line_id", "date", "state")
    def _compute_previous_notice_ids(self):
        facts = self.env["relance.notice.line"].search_fetch(
            [
                ("line_id", "in", self.line_ids.line_id.ids),
                ("state", "=", "sent"),
                ("notice_id.kind", "in", REMINDER_KINDS),
            ],
            ["notice_id", "line_id"],
        )
        facts_by_instalment = facts.grouped("line_id")
        none = self.env["relance.notice.line"]
        for notice in self:
            own = (facts_by_instalment.get(line, none) for line in notice.line_ids.line_id)
            sent = none.union(*own).notice_id
            earlier = sent.filtered(lambda other, notice=notice: other != notice and other.date <= notice.date)
            notice.previous_notice_ids = earlier.sorted(attrgetter("date", "id"))

    # === BUSINESS METHODS - WHAT A LETTER SAYS === #

    def _filter_lettered(self):
        """Return the notices of which a PDF letter is made, to be posted or to go with the e-mail."""
        return self.filtered(lambda notice: notice.level_id.with_letter or notice.channel in PAPER)

    def _prepare_letter_values(self):
        """Return ``{notice id: values of the letter}``, see `_get_letter_values`."""
        self._ensure_portal_tokens()
        return {notice.id: notice._get_letter_values() for notice in self}

    def _get_letter_values(self):
        """Return what a letter or an e-mail of this notice prints, as a plain dict.

        Called for every letter and every e-mail; an override may add keys and must keep the amounts of the notice.

        - ``number`` (``""`` for a draft), ``date``, ``deadline`` (date or False), ``kind``, ``regime``, ``channel``,
          ``lang``, ``currency`` (ISO code), ``registered`` (bool), ``tracking_number``;
        - ``creditor``, ``debtor``, ``contact``, ``signatory``: dicts of texts, addresses as lists of lines;
        - ``lines``: dicts of the figures of each instalment, with its ``segments`` and portal ``url``;
        - ``totals``: ``principal``, ``penalty``, ``indemnity``, ``total``, ``credit`` (floats, the notice's own);
          ``daily``: what a day more costs (amount, first day) or False; ``conversions``: rates at which a compensation
          set in another currency was converted; ``copies_attached``: its e-mail carries the invoices, which are else
          read on ``portal_url``;
        - ``mentions``: ``{key: article}`` of the articles to quote (law.mentions), ``clauses``: the penalty clauses
          with their invoices, ``indemnity_rate``: (amount, currency) an invoice;
        - ``payment``: IBAN, BIC, holder, reference; ``reminders``: earlier notices (``number``, ``date``, ``kind``);
        - ``anchor``: the head of the register it carries, as a line to print, ``""`` before anything was sealed;
        - ``enclosures``: list of texts; ``text``: the level's own paragraph (Markup) or False;
          ``note``: the sentence a person added (Markup) or "";
        - ``next_step``: what the calendar does next, as a sentence or ""; ``answer_by``: the last day to answer before
          that, the deadline if there is one (date or False).
        """
        self.ensure_one()
        lang = self._get_letter_lang()
        notice = self.with_company(self.company_id).with_context(lang=lang, bin_size=False)
        values = {
            "number": notice.name if notice.name != "/" else "",
            "date": notice.date,
            "deadline": notice.printed_deadline,
            "kind": notice.kind,
            "regime": notice.regime,
            "channel": notice.channel,
            "registered": notice.channel == "registered",
            "tracking_number": notice.tracking_number or "",
            "lang": lang,
            "currency": notice.currency_id.name,
            "creditor": notice._get_letter_creditor(),
            "debtor": notice._get_letter_debtor(),
            "contact": notice._get_letter_contact(),
            "signatory": notice._get_letter_signatory(),
            "lines": [notice._get_letter_line(line) for line in notice.line_ids],
            "totals": {
                "principal": notice.principal_amount,
                "penalty": notice.penalty_amount,
                "indemnity": notice.indemnity_amount,
                "total": notice.total_amount,
                "credit": notice.credit_amount,
            },
            "payment": notice._get_letter_payment(),
            "reminders": [
                # One taken over from another system has no number here.
                {"number": earlier.name.strip("/"), "date": earlier.date, "kind": earlier.kind}
                for earlier in notice.previous_notice_ids
            ],
            "text": notice._get_letter_text(),
            "note": notice._get_personal_note_html(),
            "anchor": notice._get_anchor_text(),
            "next_step": notice._get_next_step_text(),
            "answer_by": notice._get_answer_day(),
        }
        values["daily"] = notice._get_letter_daily(values["lines"])
        values["conversions"] = notice._get_letter_conversions()
        values["copies_attached"] = notice._attaches_copies()
        values["portal_url"] = f"{notice.get_base_url()}/my/invoices"
        values |= notice._get_letter_law()
        values["enclosures"] = notice._get_letter_enclosures(values)
        return values

    def _get_anchor_text(self):
        """Return the line that carries the head of the register, in the language of the notice; "" for a draft."""
        self.ensure_one()
        register = self.env["relance.register"].with_context(lang=self._get_letter_lang())
        return register._get_anchor_text(self.anchor_rank, self.anchor_seal)

    def _get_letter_moves(self):
        return self.line_ids.move_id

    def _get_letter_amount(self):
        return self.total_amount

    def _get_letter_daily(self, lines):
        """Return what each day after the notice adds, at the rate of its day: ``(Decimal, first day)``, else False."""
        exact = Decimal(0)
        for line in lines:
            last = line["segments"][-1] if line["segments"] else None
            if not last or last["date_to"] != self.date:
                continue
            # A payment of this very day counts from tomorrow on.
            base = last["principal"]
            if line["imputation"] == "principal":
                base = min(base, Decimal(str(line["principal"])))
            days = 366 if line["day_base"] == "actual" and isleap(self.date.year) else 365
            exact += base * last["rate"] / (100 * days)
        amount = exact.quantize(Decimal(str(self.currency_id.rounding)), ROUND_HALF_UP)
        return amount > 0 and (amount, self.date + timedelta(days=1))

    def _get_letter_conversions(self):
        """Return at what rate the fixed compensation was converted, where the invoices are in another currency.

        :return: list of dicts ``amount`` ((amount, currency) an invoice), ``currency`` (ISO code it is set in),
            ``rate`` (units of the invoices' currency for one of it), ``invoices`` (names)
        """
        conversions = {}
        for line in self.line_ids.filtered("indemnity_amount"):
            # What the invoice was booked at is a fact of the entry.
            booked_sudo = line.line_id.sudo()
            # The clause belongs to the creditor: who sends the letter need not read the settings.
            amount = line.move_id.sudo().relance_terms_id._get_indemnity_rate(self.regime)
            if amount[1] == self.currency_id or not booked_sudo.balance:
                continue
            rate = round(booked_sudo.amount_currency / booked_sudo.balance, 6)
            conversions.setdefault((amount, rate), []).append(line.invoice_name)
        return [
            {"amount": amount, "currency": amount[1].name, "rate": rate, "invoices": names}
            for (amount, rate), names in conversions.items()
        ]

    def _attaches_copies(self):
        """Tell whether the e-mail of the notice carries a copy of each of its invoices (``_attach_documents``)."""
        self.ensure_one()
        if not self.email_to or not (self.channel == "email" or self.with_email):
            return False
        # Who sends the letter need not read every attachment.
        moves_sudo = self.line_ids.move_id.sudo()
        return all(move.invoice_pdf_report_id for move in moves_sudo)

    def _get_letter_text(self):
        """Return the paragraph of the level (Markup) or False, without what would be loaded from elsewhere."""
        text = self.level_id.letter_text
        # Cleaned of all that loads or runs.
        return False if is_html_empty(text) else Markup(clean_fragment(text))

    def _get_letter_line(self, line):
        """Return the figures of one instalment. Amounts as frozen (floats), segments as Decimal and dates.

        ``chorus`` is what identifies the invoice of a public body on Chorus Pro, see `_get_letter_chorus`.
        """
        terms_sudo = line.move_id.sudo().relance_terms_id
        origin = [text for text in (line.move_id.invoice_origin, line.move_id.ref) if text]
        return {
            "invoice": line.invoice_name,
            # Without the secret of its link: the letter and the e-mail are kept where many read them.
            "url": line.move_id.get_base_url() + line.move_id.access_url,
            "basis": ", ".join(dict.fromkeys(origin)),
            "invoice_date": line.invoice_date,
            "due_date": line.date_maturity,
            "days_late": line.days_late,
            "invoiced": line.amount_invoiced,
            "paid": line.amount_paid,
            "disputed": line.disputed_amount,
            "planned": line.planned_amount,
            "principal": line.principal_amount,
            "penalty": line.penalty_amount,
            "indemnity": line.indemnity_amount,
            "total": line.total_amount,
            "day_base": terms_sudo.day_base or STATUTORY.day_base,
            "imputation": terms_sudo.imputation or STATUTORY.imputation,
            "segments": [segment._asdict() for segment in line._get_segments()],
            "chorus": self._get_letter_chorus(line),
        }

    def _get_letter_law(self):
        """Return the articles to quote and the penalty clauses they apply, for the terms of the invoices.

        ``abroad``: French orders for payment are for the courts of the debtor's seat, so that a letter abroad names
        none; a formal one to a business says which law governs the claim.
        """
        self.ensure_one()
        # The clause belongs to the creditor: who sends the letter need not read the settings.
        terms_by_invoice = {line.invoice_name: line.move_id.sudo().relance_terms_id for line in self.line_ids}
        all_terms = dict.fromkeys(terms_by_invoice.values())
        mentions = {}
        for terms in all_terms:
            for mention in required(self.regime, self.kind, terms.basis or STATUTORY.basis, self.date):
                mentions.setdefault(mention.key, unbroken(mention.article))
        if self._states_applicable_law():
            mentions["applicable_law"] = APPLICABLE_LAW.article.replace("art. ", f"art.{NBSP}")
        return {
            "mentions": mentions,
            "clauses": [
                {
                    # Only the creditor's own words are quoted.
                    "clause": terms._get_clause_text(),
                    "wording": (terms.wording or "").strip(),
                    "contract": terms.partner_specific,
                    "invoices": [name for name, own in terms_by_invoice.items() if own == terms],
                }
                for terms in all_terms
                if terms.basis and terms.basis != STATUTORY.basis and self.regime == "business"
            ],
            "indemnity_rate": self._get_letter_indemnity_rate(all_terms),
            "abroad": self.partner_id._is_foreign_to(self.company_id),
        }

    def _get_letter_indemnity_rate(self, all_terms):
        """Return the fixed compensation of one invoice as (amount, currency): the terms' own, or the EUR 40 of the law.

        The law and the terms set it in their currency, whatever that of the invoices.
        """
        rates = {terms._get_indemnity_rate(self.regime, self.company_id) for terms in all_terms}
        if len(rates) == 1:
            return rates.pop()
        return self.env["relance.terms"]._get_indemnity_rate(self.regime, self.company_id)

    def _get_letter_enclosures(self, values):
        """Return the texts of the enclosures of a letter made of ``values``.

        Called once a letter; an override that encloses more (copies of invoices, general terms) adds their names.
        """
        if any(line["segments"] for line in values["lines"]):
            return [self.env._("detailed statement of interest")]
        return []

    def _get_letter_chorus(self, line):
        """Return what identifies the invoice of a line on Chorus Pro (``account.move._get_chorus_facts``), else {}."""
        # Who sends the letter need not read the card of the debtor.
        facts = line.move_id.sudo()._get_chorus_facts() if self.regime == "public" else {}
        return facts if any(facts.values()) else {}

    def _states_applicable_law(self):
        """Tell whether the letter says that French law governs the claim: never to a consumer or a public body."""
        self.ensure_one()
        company = self.company_id
        return (
            self.regime == "business"
            and self.kind in FORMAL_KINDS
            and company._get_relance_setting("relance_applicable_law")
            and company.is_france_country
            and self.partner_id._is_foreign_to(company)
        )

    # === BUSINESS METHODS - HTML OF A LETTER === #

    def _prepare_letter_documents(self):
        """Return ``{notice id: Document}``: the HTML of each letter, its title and its footer."""
        values = self._prepare_letter_values()
        style = self._get_letter_style()
        documents = {}
        for notice in self:
            letter = values[notice.id]
            kinds = dict(self._fields["kind"]._description_selection(self.with_context(lang=letter["lang"]).env))
            number = letter["number"] or notice.with_context(lang=letter["lang"]).env._("DRAFT, NOT SENT")
            title = one_line(f"{number} - {kinds[notice.kind]} - {letter['debtor']['name']}")[:120].strip()
            html = notice._get_letter_html(letter, title=title, **style)
            documents[notice.id] = Document(html, title, number)
        return documents

    def _get_letter_html(self, values, **context):
        """Return the letter of ``values`` (see `_get_letter_values`) as a complete HTML page that loads nothing."""
        self.ensure_one()
        return self._render_letter_template(
            "relance_fr.letter_document", values, images=self._get_letter_images(), **context
        )

    def _get_letter_body_html(self):
        """Return the letter as a fragment, for the report action on screen."""
        self.ensure_one()
        values = self._prepare_letter_values()[self.id]
        return self._render_letter_template("relance_fr.letter_body", values, images=self._get_letter_images())

    # === BUSINESS METHODS - WHAT AN E-MAIL SAYS === #

    def _get_personal_note_html(self):
        """Return the personal sentence as a paragraph, escaped, ``""`` without one. The e-mail templates call it."""
        self.ensure_one()
        note = (self.personal_note or "").strip()
        return Markup("<p>%s</p>") % nl2br(note) if note else ""

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

    def _get_next_step_text(self):
        """Return what comes next by the calendar if nothing is paid, in the language of the notice; "" when nothing."""
        self.ensure_one()
        env = self.with_context(lang=self._get_letter_lang()).env
        kind = (self.next_step or {}).get("kind")
        if not kind:
            return ""
        if kind == "formal":
            return env._("Without a payment or an answer from you, the next step is a formal notice to pay.")
        if kind == "final":
            return env._("Without a payment or an answer from you, the next step is a last notice before proceedings.")
        return env._("Without a payment or an answer from you, we will write to you again.")

    def _get_answer_day(self):
        """Return until when an answer comes in time: the deadline, else the eve of the next step; False without any."""
        self.ensure_one()
        following = fields.Date.to_date((self.next_step or {}).get("date"))
        last = self.printed_deadline or (following and following - timedelta(days=1))
        return last if last and last > self.date else False

    def _get_deadline_text(self):
        """Return the deadline in full, in the language of the notice; "" when it gives none."""
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).day(self.printed_deadline)

    def _get_total_text(self):
        """Return the total claimed with its currency, in the language of the notice."""
        self.ensure_one()
        return self._get_letter_writer(self._get_letter_lang()).money(self.total_amount)
