from odoo.fields import Command
from odoo.tests import freeze_time

from .ledger import LedgerCommon

DUE = "2026-05-16"
# A signature as the portal sends it: a PNG of one pixel.
SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class PlanCommon(LedgerCommon):
    """Promises and plans, made as a person makes them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relance_bank_max_age = 0

    @classmethod
    def _promise(cls, invoices, day, amount, **vals):
        return cls._commit(invoices, (day, amount), **vals)

    @classmethod
    def _commit(cls, invoices, *payments, **vals):
        return cls.env["relance.commitment"].create(
            {
                "partner_id": invoices.commercial_partner_id.id,
                "move_ids": invoices.ids,
                "line_ids": [Command.create({"date": day, "amount": amount}) for day, amount in payments],
                **vals,
            }
        )

    @classmethod
    def _plan(cls, invoices, parts, first_date, frequency="month", **vals):
        """Return a plan of equal instalments, generated."""
        plan = cls._commit(invoices, (first_date, 1), parts=parts, first_date=first_date, frequency=frequency, **vals)
        plan.action_generate()
        return plan

    def _offer(self, plan):
        """Send the plan for signature, as the e-mail does when it leaves."""
        plan._portal_ensure_token()
        plan.with_context(relance_plan_sent=True).message_post(body="Offer")

    def _sign(self, plan, name="Claire Martin"):
        if plan.sign_state == "draft":
            self._offer(plan)
        plan._sign_online(name, SIGNATURE, "192.0.2.7")

    def assert_story(self, commitment, *days):
        """Assert (day, state, outcome, state of each payment, reason of the first invoice), after each day's job."""
        for day, state, outcome, lines, reason in days:
            self._run_on(day)
            with freeze_time(day):
                self.env.invalidate_all()
                found = (
                    commitment.state,
                    commitment.outcome,
                    " ".join(commitment.line_ids.mapped("state")),
                    commitment.debt_ids[0].move_id.relance_explain()["reason"],
                )
            self.assertEqual(found, (state, outcome, lines, reason), day)
