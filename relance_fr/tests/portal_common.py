import re
from unittest.mock import patch

from lxml import html
from odoo import Command, fields
from odoo.tests import new_test_user

from .screens import ScreenCommon, blank_pdf

NO_ACCESS = "relance_no_access"


class PortalCommon(ScreenCommon):
    """Debtors with log-ins, notices sent with their links, and a visitor's browser.

    Days count from today: what a controller answers depends on the real day.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ensure_rates()
        cls.company.write({"relance_bank_max_age": 0, "relance_start_date": False})
        cls.billing = cls.users["billing"]
        cls.other = cls._create_debtor("Hôtel Bellevue")
        cls.owner = cls._portal_user("owner", cls.debtor)

    @classmethod
    def _portal_user(cls, login, debtor, **vals):
        """Return a portal user whose card is a contact of ``debtor``."""
        user = new_test_user(
            cls.env,
            f"portal_{login}",
            groups="base.group_portal",
            name=f"Portal {login}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        user.partner_id.write({"parent_id": debtor.id, **vals})
        return user

    @classmethod
    def _late(cls, amount, days=20, partner=None, **vals):
        return cls._invoice(amount, cls._days_ago(days), partner, **vals)

    def _send(self, invoices, level="firm"):
        """Send a notice of ``level`` for ``invoices``, as a person does; return it."""
        with patch.object(
            self.registry["relance.notice"], "_render_letters", lambda notices: {n.id: blank_pdf() for n in notices}
        ):
            runs = self.env["relance.run"]._create_for_moves(invoices)
            for run in runs:
                run._preview()
                rows = run.debtor_ids.filtered(lambda row: row.level_id != self.levels[level])
                rows.write({"level_id": self.levels[level].id})
            notices = self.env["relance.notice"]
            for run in runs:
                notices |= run._confirm()
            notices.filtered(lambda notice: notice.state == "draft")._seal()
            notices.filtered(lambda notice: notice.state == "ready")._dispatch()
        notices._ensure_notice_tokens()
        self.assertEqual(set(notices.mapped("state")), {"sent"})
        return notices

    # === A VISITOR === #

    def _link(self, notice, suffix="", token=None):
        token = notice.portal_token if token is None else token
        return f"/my/relance/{notice.id}{suffix}" + (f"?token={token}" if token else "")

    def _page(self, url):
        """Return the page of ``url`` as an lxml tree."""
        response = self.url_open(url)
        return html.fromstring(response.content)

    def _texts(self, tree, name):
        """Return the texts of the elements called ``name``, spaces made plain."""
        return [plain(node.text_content()) for node in tree.xpath(f"//*[@name='{name}']")]

    def _fill(self, url, **values):
        """Open the form at ``url`` and send it filled in; return the response, redirections followed.

        ``move_ids`` and ``files`` replace those of the form; None leaves a field out.
        """
        tree = self._page(url)
        form = tree.xpath("//form[.//input[@name='form_key']]")[0]
        files = values.pop("files", [])
        data = [(name, value) for name, value in form.form_values() if name not in values and name != "files"]
        for name, value in values.items():
            if value is not None:
                data += [(name, item) for item in (value if isinstance(value, list) else [value])]
        return self.url_open(form.get("action"), data=data, files=[("files", file) for file in files], timeout=30)

    def _answers(self):
        return self.env["relance.answer"].search([])

    @classmethod
    def _in_days(cls, days):
        return fields.Date.to_string(fields.Date.add(cls.company._relance_today(), days=days))


def plain(text):
    return re.sub(
        r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    ).strip()
