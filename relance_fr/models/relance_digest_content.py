from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_amount, format_date

# More would not be read; the link leads to all.
LINES_SHOWN = 5
ACTION = "/odoo/action-relance_fr.relance_digest_action_"


class RelanceDigest(models.Model):
    """What a digest says: its sections as its reader may see them, with links to the very lists they count."""

    _inherit = "relance.digest"

    @api.model
    def _open_section(self, key):
        """Return the action that lists what the section ``key`` of the user's digest counts, as of now.

        :raises AccessError: for somebody who reads no notice
        """
        self.env["relance.notice"].check_access("read")
        last = self.search([("user_id", "=", self.env.uid), ("company_id", "=", self.env.company.id)], limit=1)
        since = last.since or fields.Datetime.subtract(fields.Datetime.now(), days=7)
        section = self._get_section(key, since)
        return {
            "type": "ir.actions.act_window",
            "name": section["title"],
            "res_model": section["records"]._name,
            "view_mode": "list,kanban,form" if section["kanban"] else "list,form",
            "views": [(section["list_view"], "list")]
            + ([(False, "kanban")] if section["kanban"] else [])
            + [(False, "form")],
            "domain": [("id", "in", section["records"].ids)],
            "context": {"create": False} | ({"group_by": section["group_by"]} if section["group_by"] else {}),
            "help": self.env._("Nothing left here."),
        }

    def _as_reader(self):
        """Return the digest as its reader sees it: rights, company, language, time zone."""
        self.ensure_one()
        user, company = self.user_id, self.company_id
        reader = self.with_user(user).with_context(
            allowed_company_ids=company.ids,
            # The card of the company may be out of the reader's sight.
            lang=user.lang or company.partner_id.sudo().lang or self.env.lang,
            tz=user.tz or company._get_relance_timezone().key,
        )
        return reader.with_company(company)

    def _get_content(self):
        """Return the sections that have something to say; see ``_prepare_section``."""
        reader = self._as_reader()
        content = []
        for key in reader._get_section_keys():
            try:
                section = reader._get_section(key, self.since)
            except AccessError:
                # What he may not read is not told.
                continue
            if section["records"]:
                content.append(reader._prepare_section(section))
        return content

    @api.model
    def _prepare_section(self, section):
        """Return a section to print: ``title``, ``count``, ``new``, ``url``, ``lines``, ``more`` (not shown)."""
        base = self.get_base_url()
        url = f"{base}{ACTION}{section['key']}"
        lines = [
            {
                "label": label,
                "detail": detail,
                "amount": format_amount(self.env, amount, currency) if amount is not None else "",
                "url": f"{base}/odoo/{record._name}/{record.id}",
            }
            for record, label, detail, amount, currency in section["describe"](LINES_SHOWN)
        ]
        count = section["count"]
        return {
            "key": section["key"],
            "title": section["title"],
            "count": count,
            "new": section["new"],
            "url": url,
            "lines": lines,
            "more": count - len(lines),
        }

    def _render_content(self):
        """Return the sections as HTML for an e-mail."""
        self.ensure_one()
        reader = self._as_reader()
        preferences = f"{self.get_base_url()}/odoo/my-preferences/{self.user_id.id}"
        values = {"sections": self._get_content(), "preferences": preferences}
        # Whoever reads need not be allowed to read views.
        return reader.env["ir.qweb"].sudo()._render("relance_fr.digest_content", values)

    def _get_anchor_text(self):
        """Return the line that carries the head of the register, in the language of the reader."""
        self.ensure_one()
        return self._as_reader().env["relance.register"]._get_anchor_text(self.anchor_rank, self.anchor_seal)

    def _get_subject(self):
        """Return the subject of the e-mail."""
        reader = self._as_reader()
        day = format_date(reader.env, self.sent_on and fields.Datetime.context_timestamp(reader, self.sent_on).date())
        return reader.env._("Dunning of %(company)s: your digest of %(date)s", company=self.company_id.name, date=day)
