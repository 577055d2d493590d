from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.reading import Reading


class RelanceHold(models.Model):
    """What is held, for how long; the end of a hold does not pass unseen."""

    _inherit = "relance.hold"

    days_held = fields.Integer(compute="_compute_held", compute_sudo=True, help="Days since the hold began.")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    held_amount = fields.Monetary(
        string="Amount Held",
        compute="_compute_held",
        compute_sudo=True,
        currency_field="company_currency_id",
        help="What is left to pay of what is held, in the currency of the company.",
    )
    end_announced = fields.Boolean(readonly=True, copy=False)

    @api.depends("date_from", "date_to", "amount", "move_id", "line_id", "partner_id")
    def _compute_held(self):
        today = fields.Date.context_today(self)
        held = self._get_held_amounts()
        for hold in self:
            last = min(today, hold.date_to or today)
            hold.days_held = max(0, (last - hold.date_from).days + 1) if hold.date_from else 0
            hold.held_amount = held.get(hold._origin.id, 0)

    def _get_held_amounts(self):
        """Return ``{hold id: what is left to pay of its scope}``, in the currency of the company."""
        engine, amounts = self.env["relance.engine"], {}
        for company, holds in self.filtered(lambda hold: hold._origin.id).grouped("company_id").items():
            self.env.flush_all()
            today = engine._today(company)
            rows = self.env.execute_query(
                SQL(
                    """
                    WITH %s
                    SELECT hold.id, SUM(scope.left_over)
                      FROM relance_hold hold
                 LEFT JOIN LATERAL (
                           SELECT LEAST(SUM(net), CASE WHEN hold.amount > 0 THEN GREATEST(0, hold.amount - %s) END)
                                  * AVG(company_rate) AS left_over
                             FROM netted
                            WHERE netted.partner_id = hold.partner_id
                              AND (hold.move_id IS NULL OR netted.move_id = hold.move_id)
                              AND (hold.line_id IS NULL OR netted.line_id = hold.line_id)
                              AND (hold.reason <> 'insolvency' OR %s)
                         GROUP BY netted.currency_id, CASE WHEN hold.move_id IS NULL THEN netted.line_id END
                           ) scope ON TRUE
                     WHERE hold.id = ANY(%s)
                  GROUP BY hold.id
                    """,
                    engine._sql_netted(Reading(company, today, holds.partner_id.ids)),
                    engine._sql_credited(SQL("hold"), today),
                    engine._sql_born_before(SQL("hold"), SQL("netted.move_id"), SQL("netted.born")),
                    holds._origin.ids,
                )
            )
            amounts |= {hold_id: amount or 0 for hold_id, amount in rows}
        return amounts

    def action_end(self):
        result = super().action_end()
        # Who ends a hold knows that dunning goes on.
        # Its users may not write it themselves, see relance_hold_guard.py.
        self.sudo().end_announced = True
        self.activity_feedback(["mail.mail_activity_data_todo", "mail.mail_activity_data_warning"])
        return result

    def write(self, vals):
        if "date_to" in vals and "end_announced" not in vals:
            vals = {**vals, "end_announced": False}
        return super().write(vals)

    @api.model
    def _cron_follow_up(self):
        """Close the holds of what was settled, and tell the person in charge of those that came to their end."""
        # The job acts for every company, whoever starts it.
        engine_sudo = self.env["relance.engine"].sudo()
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            engine = engine_sudo._in_company(company)
            holds = engine.env["relance.hold"]
            holds._close_settled(company, engine._today(company))
            holds._announce_ends(company, engine._today(company))

    @api.model
    def _close_settled(self, company, today):
        """End the running holds of which nothing is left: the invoice is settled, or what was accepted is credited."""
        self.env.flush_all()
        closed = self.env.execute_query(
            SQL(
                """
                UPDATE relance_hold hold SET date_to = GREATEST(%(today)s - 1, hold.date_from - 1), end_announced = TRUE
                 WHERE hold.company_id = %(company)s AND hold.move_id IS NOT NULL AND hold.date_from <= %(today)s
                   AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
                   AND (hold.amount > 0 AND %(credited)s >= hold.amount OR NOT EXISTS (
                       SELECT FROM account_move_line line
                        WHERE line.move_id = hold.move_id AND line.display_type = 'payment_term'
                          AND (hold.line_id IS NULL OR line.id = hold.line_id) AND line.reconciled IS NOT TRUE
                   ))
                   AND EXISTS (SELECT FROM account_move move WHERE move.id = hold.move_id AND move.state = 'posted')
             RETURNING hold.id
                """,
                company=company.id,
                today=today,
                credited=self.env["relance.engine"]._sql_credited(SQL("hold"), today),
            )
        )
        holds = self.browse([row[0] for row in closed])
        holds.invalidate_recordset()
        holds.activity_feedback(["mail.mail_activity_data_todo"], feedback=self.env._("Settled."))

    @api.model
    def _announce_ends(self, company, today):
        """Plan an activity on the holds that came to their end since, once each."""
        ended = self.search([("company_id", "=", company.id), ("date_to", "<", today), ("end_announced", "=", False)])
        for user, holds in ended.grouped(lambda hold: hold._get_person_in_charge()).items():
            holds.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The hold came to its end: dunning goes on"),
                user_id=user.id,
            )
        ended.sudo().end_announced = True
