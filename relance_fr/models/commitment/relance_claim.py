from odoo import api, models
from odoo.tools import SQL


class RelanceClaim(models.AbstractModel):
    """The interest a creditor waives during a plan: not claimed while the plan is kept, due again once it is broken."""

    _inherit = "relance.claim"

    @api.model
    def _sql_waiver(self, reading):
        """Return the LATERAL query of the plans that waive the interest of ``move``: commitment_ids.

        Only a plan that covers the whole principal can: what it leaves out bears interest as ever. One that a person
        gave up waives nothing any more; one that a judgment closed does.
        """
        return SQL(
            """
            SELECT array_agg(plan.id) AS commitment_ids
              FROM relance_commitment_move_rel link
              JOIN relance_commitment plan ON plan.id = link.commitment_id
             WHERE link.move_id = move.id AND plan.company_id = %s AND plan.kind = 'plan'
               AND plan.interest = 'waived' AND plan.date <= %s
               AND (plan.cancelled IS NOT TRUE OR plan.insolvency_id IS NOT NULL)
               AND plan.covered_amount >= plan.base_amount
            """,
            reading.company.id,
            reading.as_of,
        )

    @api.model
    def _stop_waived_interest(self, reading, facts):
        """Let the interest of ``facts`` end on the day of a plan that waives it and was not broken so far.

        A plan that a judgment closed is looked at on the day of the judgment: what is not paid since breaks nothing,
        the law forbids to pay it (C. com. L622-7).
        """
        ids = {id_ for fact in facts for id_ in fact["waiver_ids"] or ()}
        if not ids or not reading.waivers:
            return
        # The creditor's word holds whoever looks at the invoice.
        plans_sudo = self.env["relance.commitment"].sudo().browse(ids)
        ends = {plan.id: plan.insolvency_id.date_from for plan in plans_sudo if plan.insolvency_id}
        outcomes = self.env["relance.commitment"]._get_outcomes(reading, plans_sudo, ends)
        days = {plan.id: plan.date for plan in plans_sudo if outcomes[plan.id][0] != "broken"}
        for fact in facts:
            stops = [days[id_] for id_ in fact["waiver_ids"] or () if id_ in days]
            if stops:
                fact["stop_date"] = min([*stops, *filter(None, [fact["stop_date"]])])
