from odoo import api, models


class RelanceClaim(models.AbstractModel):
    """The interest a creditor waives during a plan: not claimed while the plan is kept, due again once it is broken."""

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
