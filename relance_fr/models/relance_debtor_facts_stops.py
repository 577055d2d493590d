from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from ..tools.open_items import OPEN_CREDIT_DOMAIN

CREDITS_SHOWN = 5
COMMITMENTS_READ = 10


class RelanceDebtorFacts(models.AbstractModel):
    """What runs for a debtor beside the notices: holds, promises, payments that match no invoice yet."""

    _inherit = "relance.debtor.facts"

    def _get_stop_facts(self):
        """Return the holds and promises that run for the debtor."""
        self.ensure_one()
        today = self.env["relance.engine"]._today(self.company_id)
        holds = self.env["relance.hold"].search(
            self._get_same_debtor_domain()
            & Domain("date_from", "<=", today)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        )
        commitments = self.env["relance.commitment"].search(
            self._get_same_debtor_domain() & Domain("cancelled", "=", False), limit=COMMITMENTS_READ
        )
        return [self._get_hold_fact(hold) for hold in holds] + [
            self._get_commitment_fact(commitment)
            for commitment in commitments
            if commitment.state in ("open", "broken")
        ]

    def _get_hold_fact(self, hold):
        reasons = dict(hold._fields["reason"]._description_selection(self.env))
        scope = hold.move_id.name or self.env._("everything")
        return {
            "date": fields.Date.to_string(hold.date_from),
            "icon": "fa-pause",
            "title": reasons[hold.reason],
            "text": self.env._("%(scope)s, until %(date)s", scope=scope, date=format_date(self.env, hold.date_to))
            if hold.date_to
            else self.env._("%s, until somebody ends it", scope),
            "tone": "danger" if hold.reason == "insolvency" else "warning",
            "model": "relance.hold",
            "id": hold.id,
        }

    def _get_commitment_fact(self, commitment):
        states = dict(commitment._fields["state"]._description_selection(self.env))
        kinds = dict(commitment._fields["kind"]._description_selection(self.env))
        return {
            "date": fields.Date.to_string(commitment.date),
            "icon": "fa-handshake-o",
            "title": kinds[commitment.kind],
            "text": self.env._(
                "%(amount)s by %(date)s: %(state)s",
                amount=format_amount(self.env, commitment.promised_amount, commitment.currency_id),
                date=format_date(self.env, commitment.date_end),
                state=states[commitment.state].lower(),
            ),
            "tone": "danger" if commitment.state == "broken" else "warning",
            "model": "relance.commitment",
            "id": commitment.id,
        }

    def _get_credit_facts(self):
        """Return the payments and credit notes of the debtor that match no invoice yet."""
        self.ensure_one()
        lines = self.env["account.move.line"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("partner_id", "child_of", self.partner_id.id)
            & OPEN_CREDIT_DOMAIN,
            order="date desc, id desc",
            limit=CREDITS_SHOWN,
        )
        return [
            {
                "date": fields.Date.to_string(line.date),
                "icon": "fa-arrow-left",
                "title": format_amount(self.env, -line.amount_residual_currency, line.currency_id),
                "text": line.move_id.name or "",
                "tone": "",
                "model": "account.move",
                "id": line.move_id.id,
            }
            for line in lines
        ]
