from odoo import api, models
from odoo.exceptions import UserError

from .relance_dashboard_recovery import PERIOD_MONTHS


class RelanceDashboard(models.AbstractModel):
    """Penalties and indemnities: claimed by notices, received in the ledger, waived by plans."""

    _inherit = "relance.dashboard"

    @api.model
    def _panel_penalties(self, company):
        """Return penalties and indemnities of twelve months: claimed, received, waived."""
        start = self._shift(company, months=PERIOD_MONTHS)
        own = [("company_id", "=", company.id), ("date", ">", start)]
        notes, settings = [], None
        rows = [self._row_of_claims(own)]
        if received := self._row_of_receipts(company, own):
            rows.append(received)
        else:
            settings = self._settings_action(self.env._("Choose the accounts of penalties"))
            notes.append(
                self.env._("Received: choose the accounts where you book penalties, in the settings of dunning.")
            )
        plans, waived = self._get_waived(company, start)
        if waived is None:
            notes.append(self.env._("Waived: a legal rate is missing; enter it in the configuration, under Rates."))
        else:
            name = self.env._("Waived by payment plans")
            action = self._list(name, "relance.commitment", [("id", "in", plans.ids)], ("list", "form"))
            rows.append(self._row("waived", name, [waived], action=action))
        longest = max(row["values"][0] for row in rows)
        for row in rows:
            row |= {"bar": max(0, row["values"][0]) / longest if longest > 0 else 0, "tone": "info"}
        return self._panel(
            company,
            self.env._("Penalties and indemnities"),
            [(self.env._("12 months"), "money")],
            rows if any(row["values"][0] for row in rows) else [],
            notes=notes,
            action=settings,
            help=self.env._(
                "Claimed: penalties and EUR 40 indemnity of the last notice of each instalment, sent in 12 months. "
                "Received: what was booked in 12 months on the accounts chosen in the settings. Waived: the interest "
                "not claimed thanks to plans of these 12 months that were not broken, as of today."
            ),
            empty=self.env._(
                "Nothing was claimed in 12 months. Firm and later levels claim penalties and the indemnity."
            ),
        )

    @api.model
    def _row_of_claims(self, own):
        domain = [*own, ("claimed_amount", ">", 0)]
        [[claimed]] = self.env["relance.report.notice"]._read_group(domain, [], ["claimed_amount:sum"])
        name = self.env._("Claimed by notices")
        return self._row("claimed", name, [claimed], action=self._list(name, "relance.report.notice", domain))

    @api.model
    def _row_of_receipts(self, company, own):
        """Return what was booked on the accounts of penalties, None when none was chosen."""
        account_ids = company._get_relance_setting("relance_penalty_account_ids").ids
        if not account_ids:
            return None
        domain = [*own, ("account_id", "in", account_ids), ("parent_state", "=", "posted")]
        [[balance]] = self.env["account.move.line"]._read_group(domain, [], ["balance:sum"])
        name = self.env._("Received (booked)")
        action = self._list(name, "account.move.line", domain)
        return self._row("received", name, [company.currency_id.round(-balance)], action=action)

    @api.model
    def _get_waived(self, company, start):
        """Return the plans since ``start`` that waive interest and were not broken, and that interest so far.

        :return: plans, amount in company currency (None when a legal rate is missing)
        """
        plans = self.env["relance.commitment"].search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", "plan"),
                ("interest", "=", "waived"),
                ("cancelled", "=", False),
                ("outcome", "!=", "broken"),
                ("date", ">", start),
            ]
        )
        moves = plans.move_ids
        if not moves:
            return plans, 0.0
        # The claim is made of all the debtor's entries, whatever the reader may open.
        engine_sudo = self.env["relance.engine"].sudo()
        try:
            claimed = engine_sudo._get_statements(moves)
            whole = engine_sudo._get_statements(moves, waivers=False)
        except UserError:
            return plans, None
        amount = sum(
            (float(whole[move.id]["penalty"]) - float(claimed[move.id]["penalty"])) / (move.invoice_currency_rate or 1)
            for move in moves
        )
        return plans, company.currency_id.round(amount)
