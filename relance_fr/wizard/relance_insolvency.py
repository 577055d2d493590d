from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount, format_date

from ..models.hold.relance_hold_insolvency import KINDS


class RelanceInsolvency(models.TransientModel):
    """One dialog to enter the insolvency proceedings of a debtor: it shows what the judgment stops, then does it."""

    _name = "relance.insolvency"
    _description = "Enter Insolvency Proceedings"
    _check_company_auto = True

    partner_id = fields.Many2one("res.partner", string="Debtor", required=True, readonly=True, check_company=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    insolvency_kind = fields.Selection(KINDS, string="Proceedings", required=True, default="receivership")
    date_from = fields.Date(
        string="Date of the Judgment",
        required=True,
        help="Judgment that opened the proceedings. It decides which debts are earlier and stops interest.",
    )
    court = fields.Char()
    publication_date = fields.Date(
        string="Published in the BODACC on", help="The two months to declare the claim run from this day."
    )
    administrator_id = fields.Many2one(
        "res.partner",
        string="Creditors' Representative",
        help="The mandataire judiciaire or the liquidator to whom the claim is declared, with an address.",
    )
    summary = fields.Html(compute="_compute_summary", sanitize=False)

    @api.constrains("partner_id", "company_id", "administrator_id")
    def _check_readable(self):
        # A dialog made over RPC names only what its user may read: it shows sums. Constraints run as superuser.
        for records in (self.company_id, self.partner_id, self.administrator_id):
            records.sudo(False).check_access("read")

    @api.depends("partner_id", "company_id", "date_from", "publication_date", "insolvency_kind")
    def _compute_summary(self):
        for dialog in self:
            if not dialog.partner_id or not dialog.date_from:
                dialog.summary = False
                continue
            try:
                facts = dialog._get_facts()
            except UserError as error:
                # A legal rate is missing: the message names it.
                facts = [str(error)]
            dialog.summary = Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % fact for fact in facts)

    def _get_facts(self):
        """Return what would happen, as sentences."""
        self.ensure_one()
        self._check_current_company()
        hold = self.env["relance.hold"].new(self._prepare_hold_vals())
        # What would stop is the law's business, whatever the reader may open; only counts and sums are shown.
        hold_sudo = hold.sudo()
        claim = hold_sudo._prepare_declaration()
        amount = format_amount(self.env, claim["total"], self.company_id.currency_id)
        facts = [
            self.env._(
                "Claim to declare: %(amount)s (invoices of before the judgment: %(count)s).",
                amount=amount,
                count=len(claim["rows"]),
            ),
            self.env._(
                "No reminder about them any more; their interest stops on %s.", format_date(self.env, self.date_from)
            ),
        ]
        if notices := hold_sudo._get_open_notices():
            facts.append(self.env._("Notices on their way, cancelled: %s.", len(notices)))
        if letters := hold_sudo._get_unposted_letters():
            facts.append(self.env._("Letters printed and not posted yet: %s. Do not post them.", len(letters)))
        if commitments := hold_sudo._get_open_commitments():
            facts.append(self.env._("Promises and payment plans closed: %s.", len(commitments)))
        if later := hold_sudo._get_later_moves():
            facts.append(self.env._("Invoices of after the judgment, dunned as usual: %s.", len(later)))
        if self.publication_date and hold.deadline_target:
            facts.append(
                self.env._("A task asks you to declare the claim by %s.", format_date(self.env, hold.deadline_target))
            )
        else:
            facts.append(self.env._("A task asks you to look for the publication in the BODACC."))
        return facts

    def _check_current_company(self):
        if self.company_id not in self.env.companies:
            # The name of a company the user did not choose.
            raise AccessError(self.env._("Switch to the company %s first.", self.company_id.sudo().name))

    def _prepare_hold_vals(self):
        return {
            "reason": "insolvency",
            "partner_id": self.partner_id.commercial_partner_id.id,
            "company_id": self.company_id.id,
            "insolvency_kind": self.insolvency_kind,
            "date_from": self.date_from,
            "court": self.court,
            "publication_date": self.publication_date,
            "administrator_id": self.administrator_id.id,
        }

    def action_confirm(self):
        """Enter the proceedings and open them; those somebody entered meanwhile are opened as they are."""
        self.ensure_one()
        self._check_current_company()
        holds = self.env["relance.hold"].with_company(self.company_id)
        holds.check_access("create")
        if self.date_from > self.company_id._relance_today():
            raise UserError(self.env._("The judgment cannot be later than today: check its date."))
        running = holds._get_running_insolvency(self.partner_id, self.company_id)
        # Nothing else than this dialog opens proceedings, see OUTCOME_FIELDS of relance_hold.py.
        hold = running or holds.sudo().create(self._prepare_hold_vals()).sudo(False)
        return hold._get_form_action()
