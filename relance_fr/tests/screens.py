import io

from lxml import etree
from odoo import Command, fields
from odoo.tests import new_test_user
from odoo.tools.pdf import PdfFileWriter

from .common import RelanceCommon

ACCOUNT_GROUPS = {
    "billing": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
    "manager": "account.group_account_manager",
}


class ScreenCommon(RelanceCommon):
    """Users of every rank, and what a web client reads to open a screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            name: new_test_user(
                cls.env,
                f"relance_{name}",
                groups=f"base.group_user,{groups}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for name, groups in ACCOUNT_GROUPS.items()
        }
        cls.users["seller"] = cls._create_seller()

    @classmethod
    def _create_seller(cls):
        """Return a user who reads invoices and partners without any right of accounting, as a salesperson does."""
        group = cls.env["res.groups"].create({"name": "Reads invoices"})
        for model in ("account.move", "account.move.line", "account.journal", "account.account"):
            cls.env["ir.model.access"].create(
                {
                    "name": model,
                    "model_id": cls.env["ir.model"]._get_id(model),
                    "group_id": group.id,
                    "perm_read": True,
                }
            )
        seller = new_test_user(
            cls.env,
            "relance_seller",
            groups="base.group_user,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        seller.group_ids = [Command.link(group.id)]
        return seller

    @classmethod
    def _ensure_rates(cls):
        """Give the current semester rates, whatever the day these tests are run on."""
        today = cls.company._relance_today()
        start = today.replace(month=1 if today.month < 7 else 7, day=1)
        rates = cls.env["relance.rate"]
        last = rates.search([], order="date_from desc", limit=1)
        if last.date_from < start:
            rates.create(last.copy_data({"date_from": start})[0])

    @classmethod
    def _days_ago(cls, days):
        return fields.Date.to_string(fields.Date.subtract(cls.company._relance_today(), days=days))

    def _read_screen(self, records, user, view_type, view_id=False):
        """Open ``records`` in a view as ``user``'s web client does; return the arch and the values read."""
        model = self.env[records._name].with_user(user).with_company(self.company)
        view = model.get_views([(view_id, view_type)])["views"][view_type]
        arch = etree.fromstring(view["arch"])
        records = records.with_env(model.env)
        return arch, records.web_read(self._get_specification(model, arch))

    def _get_specification(self, model, arch):
        specification = {}
        for node in arch.iterfind(".//field"):
            if self._is_nested(node, arch):
                continue
            field = model._fields[node.get("name")]
            spec = specification.setdefault(node.get("name"), {})
            if field.type == "many2one":
                spec["fields"] = {"display_name": {}}
            elif field.type in ("one2many", "many2many"):
                comodel = self.env[field.comodel_name]
                subviews = node.xpath("./list | ./kanban")
                nested = {}
                for subview in subviews:
                    nested |= self._get_specification(comodel, subview)
                spec["fields"] = nested or {"display_name": {}}
        return specification

    def _is_nested(self, node, arch):
        """Tell whether a field node belongs to a view inside ``arch``."""
        parent = node.getparent()
        while parent is not None and parent is not arch:
            if parent.tag == "field":
                return True
            parent = parent.getparent()
        return False


def blank_pdf(pages=1):
    """Return a PDF of empty pages."""
    writer = PdfFileWriter()
    for _page in range(pages):
        writer.addBlankPage(width=595, height=842)
    with io.BytesIO() as buffer:
        writer.write(buffer)
        return buffer.getvalue()
