from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# The cards are for phones.
LIST_VIEWS = ("list", "kanban", "pivot", "graph")


class RelanceDashboard(models.AbstractModel):
    """The figures of dunning of one company, panel by panel: what the screen "Dashboard" shows.

    A panel is a dict the client draws without knowing what it is about:

    - ``title``, ``help``: how its figures are made; ``currency_id``; ``notes``: sentences below; ``wide``
    - ``columns``: ``[{label, type}]``, type ``money``, ``percent``, ``days``, ``count`` or ``text``
    - ``rows``: ``[{key, label, values, bar, tone, action}]``: a value a column (None: not known), the length of a bar
      from 0 to 1 (or None), and the action that lists what the row adds up; ``total``: a row, or None
    - ``empty``: what to do when there is nothing to show, with ``empty_action`` (``{label, xmlid}``) or None
    - ``action``: what else may be done (``{label, xmlid}``), or None

    Each panel takes a constant number of statements. Every figure is a sum over the domain its action opens.
    """

    _name = "relance.dashboard"
    _description = "Dunning Dashboard"

    @api.model
    def get_companies(self):
        """Return the companies of the user's choice: dicts ``id``, ``name``, ``day`` (ISO), and the names of panels."""
        self._check_rights()
        engine = self.env["relance.engine"]
        return {
            "companies": [
                {"id": company.id, "name": company.name, "day": engine._today(company).isoformat()}
                for company in self.env.companies
            ],
            "panels": list(self._get_panels()),
        }

    @api.model
    def get_panel(self, name, company_id):
        """Return a panel (see the class) of a company.

        :raises AccessError: when the user may not read the reports or does not work in the company
        """
        self._check_rights()
        company = self.env.companies.filtered(lambda company: company.id == company_id)
        if not company:
            raise AccessError(self.env._("Choose this company in the list of companies first."))
        make = self._get_panels().get(name) if isinstance(name, str) else None
        if not make:
            raise UserError(self.env._("There is no such panel: load the page again."))
        return make(self.with_company(company).with_context(allowed_company_ids=company.ids), company)

    @api.model
    def _get_panels(self):
        """Return ``{name: function of (self, company)}`` in the order of the screen. An extension adds its own."""
        model = type(self)
        return {
            "figures": model._panel_figures,
            "aged": model._panel_aged,
            "stages": model._panel_stages,
            "cash": model._panel_cash,
            "levels": model._panel_levels,
            "channels": model._panel_channels,
            "odds": model._panel_odds,
            "penalties": model._panel_penalties,
            "unhandled": model._panel_unhandled,
        }

    @api.model
    def _check_rights(self):
        self.env["relance.report.aged"].check_access("read")

    # === WHAT PANELS ARE MADE OF === #

    @api.model
    def _panel(self, company, title, columns, rows, **values):
        """Return a panel; ``values`` may give the other keys of the class's docstring."""
        return {
            "title": title,
            "help": "",
            "currency_id": company.currency_id.id,
            "columns": [{"label": label, "type": type_} for label, type_ in columns],
            "rows": rows,
            "total": None,
            "notes": [],
            "empty": "",
            "empty_action": None,
            "action": None,
            **values,
        }

    @api.model
    def _row(self, key, label, values, bar=None, tone="", action=None):
        return {"key": key, "label": label, "values": values, "bar": bar, "tone": tone, "action": action}

    @api.model
    def _list(self, name, model, domain, views=LIST_VIEWS, view_xmlid=None):
        """Return the action that lists the records of ``domain``.

        :param view_xmlid: of the list, when it is not the model's first
        """
        list_view = self.env.ref(view_xmlid).id if view_xmlid else False
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "domain": list(Domain(domain)),
            "views": [[list_view if view == "list" else False, view] for view in views],
            "mobile_view_mode": "kanban",
            "target": "current",
        }

    @api.model
    def _shift(self, company, **ago):
        """Return the company's day so many ``days`` or ``months`` ago, as domains for the client hold it."""
        return (self.env["relance.engine"]._today(company) - relativedelta(**ago)).isoformat()

    @api.model
    def _share(self, part, whole):
        """Return ``part`` in percent of ``whole``, None when there is nothing to divide by."""
        return round(100 * part / whole, 1) if whole > 0 else None

    @api.model
    def _label(self, model, field_name):
        """Return the labels of a selection, in the user's language and in its order."""
        return dict(self.env[model]._fields[field_name]._description_selection(self.env))

    @api.model
    def _campaign_action(self):
        """Return what prepares a campaign, for those who may."""
        if not self.env["relance.run"].has_access("create"):
            return None
        return {"label": self.env._("Prepare a Campaign"), "xmlid": "relance_fr.relance_run_action_prepare"}

    @api.model
    def _settings_action(self, label):
        """Return what opens the settings, for those who may."""
        if not self.env["res.config.settings"].has_access("write"):
            return None
        return {"label": label, "xmlid": "account.action_account_config"}
