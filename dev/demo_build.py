"""Inside Odoo: the demo company, its users, products, terms and debtors, from ``dev/demo_data.py``."""

from . import demo_data, demo_images
from .console import SetupError

LANG = "fr_FR"


def make_second_company(env):
    """Make a second French company as the web client does: core installs its modules for France and loads the chart.

    Called last: it changes nothing of the first company.

    :param env: the superuser's environment, committed
    """
    # Who makes a company works in it, and nobody else.
    env = env(user=env.ref("base.user_admin").id)
    company_id = env["res.company"].create({**demo_data.SECOND_COMPANY, "country_id": env.ref("base.fr").id}).id
    env.cr.commit()
    chart = env["res.company"].browse(company_id).chart_template
    if chart != "fr":
        raise SetupError(f"the second company has the chart {chart}")


class Build:
    """What was made, by the keys of ``dev/demo_data.py``.

    :param env: the superuser's environment of a database with the addon installed
    """

    def __init__(self, env):
        self.env = env(context={**env.context, "lang": LANG, "tz": "Europe/Paris", "tracking_disable": True})
        self.company = self.env.ref("base.main_company")

    def make(self):
        """Make everything; return this object."""
        self._set_up_odoo()
        self._make_company()
        self.journal = self._make_bank()
        self.users = {user["login"]: self._make_user(user) for user in demo_data.USERS}
        self._set_up_dunning()
        self.contract = self.env["relance.terms"].create(
            {**demo_data.CONTRACT, "partner_specific": True, "date_from": "2024-01-01"}
        )
        self.calendar = self._make_calendar()
        self.terms = {code: self._make_terms(*values) for code, values in demo_data.PAYMENT_TERMS.items()}
        self.products = {code: self._make_product(*values) for code, values in demo_data.PRODUCTS.items()}
        self.debtors = {key: self._make_debtor(values) for key, values in demo_data.DEBTORS.items()}
        return self

    def _set_up_odoo(self):
        env = self.env
        # OdooBot, which runs the daily job, is archived.
        env["res.users"].with_context(active_test=False).search([]).write({"lang": LANG, "tz": "Europe/Paris"})
        env["ir.default"].set("res.partner", "lang", LANG)
        parameters = env["ir.config_parameter"]
        # The invoices run no script: nothing to wait for when they are printed.
        parameters.set_param("report.print_delay", "0")
        parameters.set_param("mail.catchall.domain.allowed", False)
        env.ref("base.CHF").active = True
        # Nothing of the demo goes to the service behind these.
        env["ir.cron"].search([("cron_name", "ilike", "partner autocomplete")]).active = False

    def _make_company(self):
        data, env = demo_data.COMPANY, self.env
        france = env.ref("base.fr")
        self.company.country_id = france
        env["account.chart.template"].try_loading("fr", company=self.company, install_demo=False)
        names = ("name", "street", "zip", "city", "phone", "email", "website", "primary_color", "secondary_color")
        self.company.write(
            {
                **{name: data[name] for name in names},
                "company_registry": demo_data.siret(data["number"]),
                "vat": demo_data.french_vat(data["number"]),
                "logo": demo_images.logo(data["name"]),
                "report_footer": data["footer"],
                "external_report_layout_id": env.ref("web.external_layout_standard").id,
                "paperformat_id": env.ref("base.paperformat_euro").id,
            }
        )
        self.company.partner_id.write({"lang": LANG, "tz": "Europe/Paris"})
        env["res.currency.rate"].create({"name": "2024-01-01", "currency_id": env.ref("base.CHF").id, "rate": 0.94})

    def _make_bank(self):
        data, env = demo_data.BANK, self.env
        bank = env["res.bank"].create({"name": data["bank"], "bic": data["bic"]})
        journals = env["account.journal"].search([("company_id", "=", self.company.id)])
        for kind, code, name in (("sale", "FAC", "Factures clients"), ("bank", "BQ1", data["bank"])):
            journals.filtered(lambda journal, kind=kind: journal.type == kind)[:1].write({"code": code, "name": name})
        journal = journals.filtered(lambda journal: journal.type == "bank")[:1]
        account = env["res.partner.bank"].create(
            {
                "acc_number": data["acc_number"],
                "partner_id": self.company.partner_id.id,
                "bank_id": bank.id,
                "acc_holder_name": demo_data.COMPANY["name"],
                "currency_id": env.ref("base.EUR").id,
                "allow_out_payment": True,
            }
        )
        journal.bank_account_id = account
        return journal

    def _make_user(self, data):
        env = self.env
        groups = env.ref("base.group_user") | env.ref(data["group"]) | env.ref("base.group_partner_manager")
        user = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": data["login"],
                    "password": data["login"],
                    "name": data["name"],
                    "email": data["email"],
                    "lang": LANG,
                    "tz": "Europe/Paris",
                    "notification_type": "inbox",
                    "group_ids": [(6, 0, groups.ids)],
                }
            )
        )
        user.partner_id.write({"phone": data["phone"], "function": data["function"]})
        return user

    def _set_up_dunning(self):
        accountant = self.users["compta"]
        self.company.write(
            {
                "relance_calendar_id": self.env.ref("relance_fr.relance_calendar_standard").id,
                "relance_automatic": True,
                "relance_bank_max_age": 7,
                "relance_signatory_id": accountant.id,
                "relance_signatory_function": accountant.partner_id.function,
                "relance_signature": demo_images.signature(),
                "relance_contact_id": accountant.partner_id.id,
                "relance_onboarding_closed": True,
            }
        )
        self.env["relance.terms"].create({"name": "CGV 2024", "basis": "ecb", "date_from": "2024-01-01"})

    def _make_calendar(self):
        data = demo_data.OLD_FILES
        return self.env["relance.calendar"].create(
            {
                "name": data["name"],
                "company_id": self.company.id,
                "catch_up": "age",
                "level_ids": [(0, 0, level) for level in data["levels"]],
            }
        )

    def _make_terms(self, name, instalments):
        lines = [
            (0, 0, {"value": "percent", "value_amount": percent, "nb_days": days, "delay_type": "days_after"})
            for percent, days in instalments
        ]
        return self.env["account.payment.term"].create({"name": name, "line_ids": lines})

    def _make_product(self, name, price):
        return self.env["product.product"].create({"name": name, "type": "consu", "list_price": price})

    # -- debtors

    def _make_debtor(self, data):
        env = self.env
        country = data.get("country", "FR")
        values = {name: data[name] for name in ("name", "street", "zip", "city", "email", "is_company")}
        values |= {
            "phone": data.get("phone", False),
            "country_id": data["city"] and env["res.country"].search([("code", "=", country)]).id,
            "lang": LANG,
            "company_registry": data.get("number") and demo_data.siret(data["number"]),
            "vat": data.get("vat") or (data.get("number") and demo_data.french_vat(data["number"])),
        }
        partner = env["res.partner"].create(values)
        self._set_dunning_of(partner, data)
        return partner

    def _set_dunning_of(self, partner, data):
        """Set what a debtor has of its own: calendar, contract, exclusion, dunning contact."""
        if data.get("exclude"):
            partner.relance_exclude = True
        if data.get("contract"):
            partner.relance_terms_id = self.contract
        if data.get("public_kind"):
            partner.relance_public_kind = data["public_kind"]
        if data.get("calendar"):
            partner.relance_calendar_id = self.calendar if data["calendar"] == "old" else self.env.ref(data["calendar"])
        if data.get("dunning_contact"):
            name, email = data["dunning_contact"]
            self.env["res.partner"].create(
                {"parent_id": partner.id, "type": "relance", "name": name, "email": email, "lang": LANG}
            )
