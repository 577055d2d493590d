from decimal import Decimal

from odoo import api, models
from odoo.tools.misc import formatLang

from ...law import STATUTORY, MissingRateError, Semester, consequences_of, rate_on


class RelanceRegimeText(models.AbstractModel):
    """What the law of a debtor changes, in words: `law.consequences` for the screens. Nothing is decided here."""

    _name = "relance.regime.text"
    _description = "Consequences of a Late-Payment Regime"

    # === ROWS === #

    @api.model
    def _get_rows(self, regime, terms, day):
        """Return what `regime` changes on `day`: dicts ``name`` (stable), ``label``, ``value``, ``note``, ``missing``.

        :param terms: ``relance.terms`` that govern the invoices, empty for the default of the law
        """
        law_terms = terms._to_law()
        law = consequences_of(regime, law_terms, day)
        rate, note, missing = self._get_rate_texts(law, terms, day)
        return [
            {"name": "rate", "label": self.env._("Rate today"), "value": rate, "note": note, "missing": missing},
            self._row("indemnity", self.env._("Fixed compensation"), self._get_indemnity_text(law, terms)),
            self._row("start", self.env._("Interest runs"), *self._get_start_texts(law)),
            self._row("limitation", self.env._("Limitation"), *self._get_limitation_texts(law)),
            self._row(
                "forbidden",
                self.env._("May not be claimed"),
                ", ".join(self._get_forbidden_texts()[key] for key in law.forbidden),
            ),
            self._row("articles", self.env._("Articles"), " · ".join(law.articles)),
        ]

    @api.model
    def _get_sentence(self, regime, terms, day, first_day=None):
        """Return the consequences in one line, such as "Business: ECB + 10 = 12.40%, €40.00, limitation 5 years"."""
        law = consequences_of(regime, terms._to_law(), day)
        try:
            applied = rate_on(regime, terms._to_law(), self._get_rates(), day, first_day)
            rate = self._get_formula(law, applied, first_day if law.one_rate and first_day else day)
        except MissingRateError as error:
            rate = self.env._("rates of %s missing", str(error.semester))
        if law.after_notice:
            rate = self.env._("%s from the formal notice on", rate)
        return self.env._(
            "%(regime)s: %(rate)s; %(indemnity)s; limitation %(years)s years.",
            regime=self._get_regime_label(regime),
            rate=rate,
            indemnity=self._get_indemnity_text(law, terms, short=True),
            years=law.limitation_years,
        )

    # === TEXTS OF THE ROWS === #

    @api.model
    def _row(self, name, label, value, note=""):
        return {"name": name, "label": label, "value": value, "note": note, "missing": False}

    @api.model
    def _get_rates(self):
        # Rates are public facts, no matter who reads the screen.
        return self.env["relance.rate"].sudo()._get_rate_table()

    @api.model
    def _get_regime_label(self, regime):
        selection = self.env["res.partner"]._fields["relance_regime"]._description_selection(self.env)
        return dict(selection)[regime]

    @api.model
    def _get_rate_texts(self, law, terms, day):
        """Return the rate of `day`, where it comes from, and whether it is missing."""
        try:
            applied = rate_on(law.regime, terms._to_law(), self._get_rates(), day)
        except MissingRateError as error:
            return self.env["relance.rate"]._get_missing_message(error), "", True
        notes = [self._get_rate_source(law, terms)]
        if applied.floored:
            notes.append(self.env._("The clause is lower: three times the legal rate applies."))
        if law.one_rate:
            notes.append(self.env._("The half-year in which interest starts sets the rate of the whole delay."))
        semester = Semester.of(day)
        row_sudo = self.env["relance.rate"].sudo().search([("date_from", "=", semester.start)], limit=1)
        if row_sudo.status == "unconfirmed":
            notes.append(self.env._("The rates of %s are to be confirmed.", str(semester)))
        rate = self._get_formula(law, applied, day)
        return self.env._("%(rate)s (%(semester)s)", rate=rate, semester=str(semester)), " ".join(notes), False

    @api.model
    def _get_formula(self, law, applied, day):
        """Return how the rate is made up: "ECB 2.40 + 10 points = 12.40 %"."""
        percent, semester, rates = self._number(applied.percent), Semester.of(day), self._get_rates()
        if applied.floored:
            legal = self._number(rates.legal(semester))
            return self.env._("3 × legal rate %(legal)s = %(percent)s %%", legal=legal, percent=percent)
        if law.basis in ("ecb", "ecb_margin", "public"):
            return self.env._(
                "ECB %(ecb)s + %(points)s points = %(percent)s %%",
                ecb=self._number(rates.ecb(semester)),
                points=self._number(law.figure, 0),
                percent=percent,
            )
        if law.basis == "legal_multiple":
            return self.env._(
                "%(multiple)s × legal rate %(legal)s = %(percent)s %%",
                multiple=self._number(law.figure, 0),
                legal=self._number(rates.legal(semester)),
                percent=percent,
            )
        if law.basis == "legal":
            return self.env._("legal interest rate = %s %%", percent)
        return self.env._("%s %% a year", percent)

    @api.model
    def _get_rate_source(self, law, terms):
        if law.regime == "public":
            return self.env._("Set by regulation (CCP R2192-31): the terms of sale change nothing.")
        if law.regime == "consumer":
            return self.env._("Legal rate owed to a business creditor (Code civil 1231-6, CMF L313-2).")
        if not terms:
            return self.env._("Default of the law (C. com. L441-10 II): no terms of sale are entered.")
        if terms.partner_specific:
            return self.env._("Contract of this customer: %s.", terms.name)
        return self.env._("Terms of sale in force: %s.", terms.name)

    @api.model
    def _get_indemnity_text(self, law, terms, short=False):
        if not law.indemnity:
            return self.env._("no indemnity") if short else self.env._("None owed")
        currency = terms.currency_id if terms and law.regime == "business" else self.env.ref("base.EUR")
        amount = formatLang(self.env, float(law.indemnity), currency_obj=currency)
        if short:
            return self.env._("%s an invoice paid late", amount)
        return self.env._("%s for each invoice paid late, once", amount)

    @api.model
    def _get_start_texts(self, law):
        if law.after_notice:
            return (
                self.env._("From the day after the formal notice is presented"),
                self.env._(
                    "Once the due date has passed. Until the day of presentation is entered, nothing is claimed. "
                    "A mere reminder starts nothing."
                ),
            )
        return self.env._("From the day after the due date"), self.env._("By law, without any reminder.")

    @api.model
    def _get_limitation_texts(self, law):
        years = law.limitation_years
        if law.from_new_year:
            return self.env._("%s years from the 1 January after the performance", years), law.limitation_article
        text = self.env._("%s years from the performance, or from the invoice or due date if earlier", years)
        return text, law.limitation_article

    @api.model
    def _get_forbidden_texts(self):
        """Return ``{key of law.Consequences.forbidden: text}``."""
        return {
            "interest_before_notice": self.env._("interest before the formal notice"),
            "indemnity": self.env._("the EUR %s for recovery costs", self._number(STATUTORY.indemnity, 0)),
            "terms_rate": self.env._("the penalty rate of the terms of sale"),
            "costs": self.env._("costs of reminders, files or letters (CPCE L111-8)"),
            "vat": self.env._("VAT on interest or compensation"),
            "compound": self.env._("interest on interest without a contract or a court (C. civ. 1343-2)"),
        }

    @api.model
    def _number(self, value, digits=2):
        """Return a Decimal in the reader's notation, without useless zeros beyond ``digits`` decimals."""
        decimals = max(digits if value % 1 or digits else 0, -Decimal(value).normalize().as_tuple().exponent)
        return formatLang(self.env, float(value), digits=decimals)
