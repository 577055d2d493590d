from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.i18n import format_list
from odoo.tools.misc import formatLang

from ...law import MissingRateError, Semester

MANAGER = "account.group_account_manager"


class RelanceOnboarding(models.AbstractModel):
    """The first steps of dunning: what a company sets once, and whether it is done, read from the data."""

    _name = "relance.onboarding"
    _description = "First Steps of Dunning"

    # === ACTION METHODS === #

    @api.model
    def action_get_panel(self, always=False):
        """Return what the panel shows of the current company, ``{}`` when it is closed or not for this user.

        :param always: show it even once it was closed
        :return: dict ``company`` (name), ``done`` (bool) and ``steps``: list of ``{key, title, text, done}``
        """
        company = self.env.company
        closed = company._get_relance_setting("relance_onboarding_closed") and not always
        if closed or not self.env.user.has_group(MANAGER):
            return {}
        steps = self._get_steps(company)
        return {"company": company.name, "steps": steps, "done": all(step["done"] for step in steps)}

    @api.model
    def action_open_step(self, key):
        """Return the dialog of a step: a key of ``_get_steps``."""
        self._check_manager()
        if key == "terms":
            return self._open_terms()
        titles = {step["key"]: step["title"] for step in self._get_steps(self.env.company)}
        if not isinstance(key, str) or key not in titles:
            raise UserError(self.env._("There is no such step: load the page again."))
        return self._dialog("relance.onboarding.step", titles[key], context={"default_step": key})

    @api.model
    def action_open_letter(self):
        """Return the dialog of a formal notice as it would leave; nothing is sent, numbered or kept."""
        self._check_manager()
        letter = self.env["relance.onboarding.letter"]._create_for(self.env.company)
        context = {"dialog_size": "extra-large"}
        return self._dialog(letter._name, self.env._("Your Formal Notice"), letter.id, context)

    @api.model
    def action_close(self):
        """Put the panel away for the company; the menu shows it again."""
        self._check_manager()
        # A person who sets dunning up may put its first steps away, without any other right on the company.
        self.env.company.sudo().relance_onboarding_closed = True
        return True

    @api.model
    def _check_manager(self):
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only accounting administrators set dunning up."))

    @api.model
    def _dialog(self, model, title, res_id=False, context=None):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
            "target": "new",
            "context": context or {},
        }

    # === STEPS === #

    @api.model
    def _get_steps(self, company):
        """Return the steps of ``company`` in their order: ``{key, title, text, done}``.

        Called each time the panel is shown. An override may add steps; it must tell from the data if they are done.
        """
        return [
            {"key": "terms", "title": self.env._("Terms of Sale and Rate"), **self._get_terms_step(company)},
            {"key": "calendar", "title": self.env._("Calendar"), **self._get_calendar_step(company)},
            {
                "key": "letterhead",
                "title": self.env._("Letterhead and Signature"),
                **self._get_letterhead_step(company),
            },
            {"key": "bank", "title": self.env._("Bank"), **self._get_bank_step(company)},
        ]

    @api.model
    def _get_terms_step(self, company):
        terms, semester = self._get_terms_in_force(company), self._get_semester(company)
        try:
            self.env["relance.rate"]._get_rate_table().ecb(semester)
        except MissingRateError:
            return {"done": False, "text": self.env._("The rates of %s are missing: enter them.", str(semester))}
        current = terms._get_rate_on(semester.start)
        if current is None:
            error = MissingRateError(semester, "legal")
            return {"done": False, "text": self.env["relance.rate"]._get_missing_message(error)}
        rate = formatLang(self.env, float(current), digits=2)
        if not terms:
            return {
                "done": False,
                "text": self.env._(
                    "Nothing entered: the law applies, %s %% a year today. Confirm it or enter yours.", rate
                ),
            }
        return {
            "done": True,
            "text": self.env._("%(name)s: %(rate)s %% a year today, printed on your invoices and letters.",
                               name=terms.name, rate=rate),
        }  # fmt: skip

    @api.model
    def _get_calendar_step(self, company):
        calendar = company._get_relance_setting("relance_calendar_id")
        if not calendar.level_ids:
            return {"done": False, "text": self.env._("No calendar: nobody would be dunned.")}
        return {
            "done": True,
            "text": self.env._("%(name)s: %(days)s.", name=calendar.name, days=self._format_days(calendar)),
        }

    @api.model
    def _format_days(self, calendar):
        """Return the days of a calendar in their order, such as "D-3, D+7, D+15"."""
        days = [self.env._("D%s", f"{level.delay:+d}") for level in calendar.level_ids.sorted("delay")]
        return ", ".join(days)

    @api.model
    def _get_letterhead_step(self, company):
        if missing := self._get_missing_letterhead(company):
            return {"done": False, "text": self.env._("Missing: %s.", format_list(self.env, missing))}
        # A colleague's name, in whatever companies that person works.
        signatory = company._get_relance_setting("relance_signatory_id").sudo().name
        return {"done": True, "text": self.env._("Complete, signed by %s.", signatory)}

    @api.model
    def _get_missing_letterhead(self, company):
        """Return what a letter of ``company`` still lacks, as a list of texts."""
        texts = {
            "address": self.env._("address"),
            "siren": self.env._("SIREN or SIRET"),
            "mentions": self.env._("legal mentions"),
            "email": self.env._("email address"),
            "iban": self.env._("bank account"),
            "signatory": self.env._("signatory"),
        }
        lacking = company._relance_get_lacking()
        return [text for key, text in texts.items() if key in lacking]

    @api.model
    def _get_bank_step(self, company):
        limits = ("relance_bank_max_age", "relance_bank_max_count", "relance_bank_max_amount")
        state = company._relance_get_bank_state(company._relance_today())
        if not any(company._get_relance_setting(limit) for limit in limits):
            return {
                "done": False,
                "text": self.env._("Not looked at: somebody whose payment is not entered yet would be dunned."),
            }
        if not state["last_date"]:
            return {
                "done": False,
                "text": self.env._("No receipt entered yet: import a bank statement, or pay an invoice."),
            }
        return {"done": True, "text": state["message"]}

    # === RATES AND TERMS === #

    @api.model
    def _get_semester(self, company):
        return Semester.of(company._relance_today())

    @api.model
    def _get_terms_in_force(self, company):
        """Return the general terms of ``company`` in force today, empty without any."""
        today = company._relance_today()
        versions = self.env["relance.terms"]._get_company_versions(company)
        return versions.filtered(lambda terms: terms.date_from <= today)[:1]

    @api.model
    def _open_terms(self):
        """Return the dialog of the rates when they are missing, else of the terms in force, new ones by default."""
        company = self.env.company
        semester = self._get_semester(company)
        try:
            self.env["relance.rate"]._get_rate_table().ecb(semester)
        except MissingRateError:
            title = self.env._("Rates of %s", str(semester))
            return self._dialog("relance.rate", title, context={"default_date_from": semester.start})
        name = self.env._("Terms of sale %s", semester.start.year)
        context = {"default_company_id": company.id, "default_name": name, "default_state": "draft"}
        title = self.env._("Terms of Sale and Rate")
        # Those somebody began are finished, not begun again.
        drafts = self.env["relance.terms"].search(
            [("company_id", "=", company.id), ("partner_specific", "=", False), ("state", "=", "draft")], limit=1
        )
        return self._dialog("relance.terms", title, (self._get_terms_in_force(company) or drafts).id, context)
