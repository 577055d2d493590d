from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...tools.bulk_sql import update_rows

# Of the fictitious invoice, when there is none to show: long enough to cross a formal notice of any calendar.
SPECIMEN_DAYS_LATE = 45
SPECIMEN_AMOUNT = 1200


class ResCompany(models.Model):
    """A formal notice to look at before the first one leaves: drafted, rendered and undone."""

    _inherit = "res.company"

    def _relance_render_specimen(self):
        """Render the formal notice of the oldest late invoice of the company, else of a fictitious one.

        It is made by the code that makes notices. Nothing stays in the database and no number is taken: the letter
        says that it is a draft.

        :return: dict ``letter`` (bytes of the PDF), ``letter_name``, ``is_fictitious``
        :raises UserError: when there is no formal notice in any calendar, a legal rate is missing or the letter
            cannot be made
        """
        company = self._relance_in_company()
        with company.env["relance.run.debtor"]._undone():
            level, late = company._relance_get_specimen_level(), company._relance_get_specimen_invoice()
            notice = company._relance_draft_specimen(late, level) if late else company.env["relance.notice"]
            is_fictitious = not notice
            if is_fictitious:
                notice = company._relance_draft_specimen(company._relance_create_specimen_invoice(), level)
            return {
                "letter": notice._render_letters()[notice.id],
                "letter_name": f"{notice.display_name}.pdf",
                "is_fictitious": is_fictitious,
            }

    def _relance_get_specimen_level(self):
        """Return the formal notice of the company's calendar, else of the first calendar that has one."""
        own = self._get_relance_setting("relance_calendar_id").level_ids
        levels = own or self.env["relance.level"]
        if formal := levels.filtered(lambda level: level.kind == "formal")[:1]:
            return formal
        found = self.env["relance.level"].search(
            [("kind", "=", "formal"), ("calendar_id.company_id", "in", (False, self.id))], limit=1
        )
        if not found:
            raise UserError(
                self.env._("No calendar has a formal notice: add one to the calendar of the company first.")
            )
        return found

    def _relance_get_specimen_invoice(self):
        """Return the oldest late invoice of a business, which has most to show; an empty recordset without any."""
        moves = self.env["account.move"]
        domain = moves._get_relance_late_domain()
        domain &= fields.Domain("company_id", "=", self.id)
        domain &= fields.Domain("commercial_partner_id.relance_regime", "=", "business")
        return moves.search(domain, order="invoice_date_due, id", limit=1)

    @api.model
    def _relance_draft_specimen(self, move, level):
        """Draft the notice of ``level`` for ``move`` alone, whatever its calendar says.

        :return: the notice; empty when the invoice has had this level or a harsher one already
        """
        run = self.env["relance.run"]._create_for_moves(move)
        run._decide(by_hand=True, moves=move)
        run.invalidate_recordset(["line_ids"])
        chosen = {
            "decision": "send",
            "selected": True,
            "level_id": level.id,
            "channel": "registered" if level.channel_registered else "letter",
        }
        update_rows(
            self.env,
            "relance.run.line",
            {
                line.id: {**chosen, "contact_id": (line.contact_id or line.partner_id._get_relance_contact()).id}
                for line in run.line_ids
            },
        )
        return run._draft(approved=True)[:1]

    def _relance_create_specimen_invoice(self):
        """Return a posted invoice of a customer who does not exist, late enough. The caller undoes it."""
        due = fields.Date.subtract(self._relance_today(), days=SPECIMEN_DAYS_LATE)
        # Who sets dunning up need not enter customers and invoices; nothing of it stays.
        env_sudo = self.sudo().with_context(tracking_disable=True).env
        partner_sudo = env_sudo["res.partner"].create(
            {
                "name": self.env._("Fictitious Customer"),
                "is_company": True,
                "relance_regime": "business",
                "street": self.env._("1 Example Street"),
                "zip": "75001",
                "city": "Paris",
                "country_id": self.env.ref("base.fr").id,
                "lang": self.env.lang,
            }
        )
        line = {
            "name": self.env._("Example"),
            "quantity": 1,
            "price_unit": SPECIMEN_AMOUNT,
            "tax_ids": [Command.clear()],
        }
        move_sudo = env_sudo["account.move"].create(
            {
                "move_type": "out_invoice",
                "company_id": self.id,
                "partner_id": partner_sudo.id,
                "invoice_date": fields.Date.subtract(due, days=30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move_sudo._post(soft=False)
        return move_sudo.with_env(self.env)
