from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from ..models.notice.relance_notice import CHANNELS, KINDS
from ..tools.bulk_sql import insert_rows, reserve_ids
from .relance_simulation import by_day


class RelanceSimulationNotice(models.TransientModel):
    """A notice that would be sent on a day of a simulation."""

    _name = "relance.simulation.notice"
    _description = "Simulated Notice"
    _order = "date, scenario, id"
    _rec_name = "partner_id"

    simulation_id = fields.Many2one("relance.simulation", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    scenario = fields.Selection([("first", "First"), ("second", "Compared")], required=True, readonly=True)
    calendar_name = fields.Char("Played with", readonly=True)
    date = fields.Date(required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True, ondelete="cascade")
    level_id = fields.Many2one("relance.level", readonly=True, ondelete="cascade")
    # Levels of several calendars bear the same name: the chart shows them as one.
    level_name = fields.Char(readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    to_approve = fields.Boolean(readonly=True, help="It would wait for a person before it leaves.")
    date_maturity = fields.Date("Oldest Due Date", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    principal_amount = fields.Monetary("Principal", readonly=True, aggregator=None)
    penalty_amount = fields.Monetary("Penalties", readonly=True, aggregator=None)
    indemnity_amount = fields.Monetary("Indemnity", readonly=True, aggregator=None)
    total_amount = fields.Monetary("Total Claimed", readonly=True, aggregator=None)
    amount_company = fields.Monetary(
        "Claimed (Company Currency)", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )
    move_ids = fields.Many2many("account.move", "relance_simulation_move_rel", string="Invoices", readonly=True)

    @api.model
    def _store(self, simulation, scenario, calendar_name, rows):
        """Store simulated notices (rows of ``_relance_simulate``), those of a day together, and the days."""
        if not rows:
            return
        company = simulation.company_id
        ids = reserve_ids(self.env, "relance_simulation_notice_id_seq", len(rows))
        currencies = {currency.id: currency for currency in self.env["res.currency"].search([])}
        levels = self.env["relance.level"].browse({row["level_id"] for row in rows})
        names = {level.id: level.name for level in levels}
        notices, links = [], []
        for row_id, row in zip(ids, rows, strict=True):
            values = dict(row)
            links += [(row_id, move_id) for move_id in values.pop("move_ids")]
            currency = currencies.get(row["currency_id"], company.currency_id)
            values["amount_company"] = currency._convert(row["total_amount"], company.currency_id, company, row["date"])
            values |= {
                "id": row_id,
                "simulation_id": simulation.id,
                "company_id": company.id,
                "scenario": scenario,
                "calendar_name": calendar_name,
                "level_name": names[row["level_id"]],
            }
            notices.append(values)
        insert_rows(self.env, "relance.simulation.notice", notices)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relance_simulation_move_rel (relance_simulation_notice_id, account_move_id)
                SELECT * FROM unnest(%s::int4[], %s::int4[])
                """,
                [row_id for row_id, _move in links],
                [move_id for _row, move_id in links],
            )
        )
        self._store_days(simulation, scenario, calendar_name, notices)
        simulation.invalidate_recordset()

    @api.model
    def _store_days(self, simulation, scenario, calendar_name, notices):
        levels = self.env["relance.level"].browse({row["level_id"] for row in notices})
        names = dict.fromkeys(level.name for level in levels.sorted("delay"))
        days = []
        for day, rows in by_day(notices).items():
            channels = Counter(row["channel"] for row in rows)
            counts = Counter(row["level_name"] for row in rows)
            days.append(
                {
                    "simulation_id": simulation.id,
                    "company_id": simulation.company_id.id,
                    "scenario": scenario,
                    "calendar_name": calendar_name,
                    "date": day,
                    "notice_count": len(rows),
                    "debtor_count": len({row["partner_id"] for row in rows}),
                    "approval_count": sum(row["to_approve"] for row in rows),
                    **{f"{channel}_count": channels[channel] for channel, _label in CHANNELS},
                    "amount": sum(row["amount_company"] for row in rows),
                    "levels": ", ".join(f"{name} × {counts[name]}" for name in names if counts[name]),
                }
            )
        insert_rows(self.env, "relance.simulation.day", days)

    def action_open_moves(self):
        """Open the invoices of the notice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return action | {"domain": [("id", "in", self.move_ids.ids)], "context": {"create": False}}

    def action_open_debtor(self):
        """Open the card of the debtor."""
        self.ensure_one()
        return self.partner_id._get_records_action()
