from odoo import api, fields, models

from ...tools.reading import Reading
from ...tools.reasons import OUTCOMES
from .relance_debtor_facts import CONTACTS_SHOWN


class RelanceRunDebtor(models.Model):
    """What one looks at before writing to a debtor or calling. Computed for one form, never for lists.

    The tables are JSON, lists of rows for the widgets ``relance_instalments`` and ``relance_facts``: dates are ISO
    strings, amounts numbers in the currency of the row. A fact is a dict ``date icon title text tone model id``, the
    tone being Bootstrap's, ``model`` and ``id`` the record it opens.
    """

    _name = "relance.run.debtor"
    _inherit = ["relance.run.debtor", "relance.debtor.facts"]

    phone = fields.Char(compute="_compute_reach")
    user_id = fields.Many2one("res.users", string="Handled by", compute="_compute_reach")
    regime = fields.Selection(related="partner_id.relance_regime", string="Regime")
    instalments = fields.Json(string="Open Invoices", compute="_compute_instalments")
    stopped = fields.Boolean(
        compute="_compute_instalments", help="Nothing is left of this notice: it will not leave, ticked or not."
    )
    open_amount = fields.Monetary(string="Owed in All", compute="_compute_instalments")
    contacts = fields.Json(string="Last Contacts", compute="_compute_contacts")
    stops = fields.Json(string="Holds and Promises", compute="_compute_stops")
    credits = fields.Json(string="Credits Not Matched", compute="_compute_credits")

    @api.depends("contact_id.phone", "partner_id.phone")
    def _compute_reach(self):
        for debtor in self:
            debtor.phone = debtor.contact_id.phone or debtor.partner_id.phone
            in_charge_sudo = debtor.partner_id.with_company(debtor.company_id).sudo().relance_user_id
            debtor.user_id = debtor.company_id._relance_keep_present(in_charge_sudo) or debtor.notice_id.user_id

    @api.depends("partner_id", "run_id.date", "line_ids.selected", "level_id")
    @api.depends_context("lang")
    def _compute_instalments(self):
        for debtor in self:
            rows = debtor._get_open_rows()
            debtor.open_amount = sum(row["amount"] for row in rows if row["currency_id"] == debtor.currency_id.id)
            debtor.instalments = rows
            debtor.stopped = debtor.run_state == "draft" and debtor.selected and not any(row["claimed"] for row in rows)

    def _get_open_rows(self):
        """Return all that the debtor owes today, with what stops it: also what this run leaves out or filtered."""
        self.ensure_one()
        today = self.company_id._relance_today()
        day = max(self.run_id.date or today, today)
        self.env.flush_all()
        reading = Reading(self.company_id, day, self.partner_id.ids, by_hand=self.run_id.origin == "selection")
        rows = self.env["relance.decision"]._fetch_decisions(reading)
        claimed = {line.line_id.id: line for line in self.line_ids}
        rows.sort(key=lambda row: (row.line_id not in claimed, OUTCOMES.index(row.decision), row.due))
        moves = {move.id: move for move in self.env["account.move"].browse({row.move_id for row in rows})}
        levels = {
            level.id: level for level in self.env["relance.level"].browse({row.level_id for row in rows} - {None})
        }
        none = self.env["relance.level"]
        doubts = self.env["relance.ledger"]._get_account(reading).doubts
        return [
            self._prepare_open_row(
                row,
                moves[row.move_id],
                levels.get(row.level_id, none),
                claimed.get(row.line_id),
                day,
                sum(amount for _date, amount in doubts.get(row.line_id, ())),
            )
            for row in rows
        ]

    def _prepare_open_row(self, row, move, level, line, day, doubt):
        # The level of this notice may be one that a person chose.
        level = (line and line.level_id) or level
        stopped = row.decision != "send" and row.reason != "already_drafted"
        return {
            "move_id": move.id,
            "invoice": move.name,
            "due": fields.Date.to_string(row.due),
            "days_late": max(0, (day - row.due).days),
            "amount": float(row.net),
            "currency_id": row.currency_id,
            "level": level.name or "",
            "claimed": bool(line and line.selected and not stopped),
            "why": self._get_row_reason(row, level, line, stopped) or self._get_doubt_message(doubt, move),
        }

    def _get_row_reason(self, row, level, line, stopped):
        """Return why an open instalment is not in this notice, ``""`` when it is."""
        if stopped or (not line and row.decision != "send"):
            return self.env["relance.decision"]._get_reason_message(row.reason, level, row.date)
        if not line:
            return self.env._("In another notice, or left out by the filters of this run.")
        return "" if line.selected else self.env._("Left out by hand.")

    def _get_doubt_message(self, doubt, move):
        """Return what is to be looked at before ``move`` is claimed: money that may have paid ``doubt`` of it."""
        return self.env["relance.decision"]._get_receipt_message(doubt, move.currency_id) if doubt else ""

    @api.depends("partner_id")
    def _compute_stops(self):
        for debtor in self:
            debtor.stops = debtor._get_stop_facts()

    @api.depends("partner_id")
    @api.depends_context("lang")
    def _compute_contacts(self):
        for debtor in self:
            facts = debtor._get_notice_facts() + debtor._get_call_facts() + debtor._get_reply_facts()
            facts.sort(key=lambda fact: fact["moment"], reverse=True)
            debtor.contacts = facts[:CONTACTS_SHOWN]

    @api.depends("partner_id")
    def _compute_credits(self):
        for debtor in self:
            debtor.credits = debtor._get_credit_facts()
