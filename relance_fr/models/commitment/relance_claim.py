from decimal import Decimal

from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.tools import SQL

from ...law.mentions import FORMAL_KINDS


class RelanceClaim(models.AbstractModel):
    """What plans change in a claim: the interest they waive, and what a consumer need not pay yet."""

    _inherit = "relance.claim"

    @api.model
    def _stop_waived_interest(self, reading, facts):
        """Let the interest of ``facts`` end on the day of a plan that waives it and was not broken so far.

        A plan that a judgment closed is looked at on the day of the judgment: what is not paid since breaks nothing,
        the law forbids to pay it (C. com. L622-7).
        """
        super()._stop_waived_interest(reading, facts)
        ids = {id_ for fact in facts for id_ in fact["waiver_ids"] or ()}
        if not ids or not reading.waivers:
            return
        # What the creditor waived holds for every reader of the invoice.
        plans_sudo = self.env["relance.commitment"].sudo().browse(ids)
        ends = {plan.id: plan.insolvency_id.date_from for plan in plans_sudo if plan.insolvency_id}
        outcomes = self.env["relance.commitment"]._get_outcomes(reading, plans_sudo, ends)
        days = {plan.id: plan.date for plan in plans_sudo if outcomes[plan.id][0] != "broken"}
        for fact in facts:
            stops = [days[id_] for id_ in fact["waiver_ids"] or () if id_ in days]
            if stops:
                fact["stop_date"] = min([*stops, *filter(None, [fact["stop_date"]])])

    @api.model
    def _leave_out_planned(self, reading, facts, payments, credits):
        """Take out of a notice to a consumer what is not due yet under a plan.

        After a missed instalment only what is due under the plan is asked for. The rest becomes due once a formal
        notice, of which the receipt is proven, stayed without effect for the days of the plan: a shorter notice, or
        none, is an unfair term (Civ. 1re 29/05/2024 n° 23-12.904, 22/03/2023 n° 21-16.044). The newest instalments of
        the invoices are those that wait.
        """
        super()._leave_out_planned(reading, facts, payments, credits)
        consumers = [fact for fact in facts if fact["regime"] == "consumer"]
        if not consumers:
            return
        for move_ids, waiting in self._get_planned(reading, {fact["move_id"] for fact in consumers}):
            own = [fact for fact in consumers if fact["move_id"] in move_ids]
            for fact in sorted(own, key=lambda fact: (fact["due"], fact["line_id"]), reverse=True):
                line_id = fact["line_id"]
                settled = [*payments.get(line_id, ()), *credits.get(line_id, ())]
                left = Decimal(fact["amount"]) - sum(amount for day, amount in settled if day <= reading.as_of)
                share = max(Decimal(0), min(waiting, left))
                if share:
                    credits[line_id].append((min(fact["due"], reading.as_of), share))
                    fact["planned"] = fact.get("planned", Decimal(0)) + share
                    waiting -= share

    @api.model
    def _get_planned(self, reading, move_ids):
        """Return ``[(ids of the invoices of a plan, what is not due yet under it)]`` of the plans that still run."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT plan.id, plan.notice_days, array_agg(link.move_id) AS move_ids
                  FROM relance_commitment plan
                  JOIN relance_commitment_move_rel link ON link.commitment_id = plan.id
                 WHERE plan.company_id = %(company)s AND plan.kind = 'plan' AND plan.cancelled IS NOT TRUE
                   AND plan.date <= %(as_of)s
                   AND EXISTS (SELECT FROM relance_commitment_move_rel own
                                WHERE own.commitment_id = plan.id AND own.move_id = ANY(%(moves)s))
              GROUP BY plan.id
              ORDER BY plan.id
                """,
                company=reading.company.id,
                as_of=reading.as_of,
                moves=list(move_ids),
            )
        )
        if not rows:
            return []
        # What was agreed with the debtor holds for every reader of the invoice.
        plans_sudo = self.env["relance.commitment"].sudo().browse(row[0] for row in rows)
        standings, instalments = plans_sudo._get_standings(reading.as_of)
        planned = []
        for plan_sudo, (plan_id, notice_days, plan_move_ids) in zip(plans_sudo, rows, strict=True):
            standing = standings.get(plan_id, {})
            if standing.get("state") not in ("open", "broken"):
                continue
            if standing["state"] == "broken" and self._is_plan_ended(
                reading, plan_move_ids, standing["broken_since"], notice_days
            ):
                continue
            waiting = Decimal(0)
            for line in plan_sudo.line_ids:
                row = instalments.get(line.id)
                if row and line.date > reading.as_of:
                    waiting += Decimal(str(line.amount)) - Decimal(str(round(row["paid_amount"], 6)))
            if waiting > 0:
                planned.append((set(plan_move_ids), waiting))
        return planned

    @api.model
    def _is_plan_ended(self, reading, move_ids, broken_since, notice_days):
        """Tell whether a formal notice given since ``broken_since`` stayed without effect for ``notice_days``."""
        last = reading.as_of - relativedelta(days=notice_days)
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM relance_notice_line fact
                      JOIN relance_notice sent ON sent.id = fact.notice_id
                     WHERE fact.move_id = ANY(%s) AND fact.state = 'sent' AND sent.kind IN %s AND sent.date >= %s
                       AND COALESCE(sent.presented_date, sent.received_date, sent.returned_date) < %s
                       AND sent.return_reason IS DISTINCT FROM 'unknown'
                     LIMIT 1
                    """,
                    list(move_ids),
                    FORMAL_KINDS,
                    broken_since,
                    last,
                )
            )
        )
