import base64
import io

from odoo.fields import Command
from odoo.tests import freeze_time
from PIL import Image, ImageDraw

from .ledger_common import LedgerCommon
from .screens import blank_pdf

DUE = "2026-05-16"


def drawing(*strokes, size=(300, 100), paper=(255, 255, 255, 0), kind="PNG", width=2):
    """Return a picture (base64) of ``strokes``, lists of points, as the portal sends a signature."""
    picture = Image.new("RGBA", size, paper)
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line(stroke, fill="black", width=width)
    content = io.BytesIO()
    (picture if kind == "PNG" else picture.convert("RGB")).save(content, kind)
    return base64.b64encode(content.getvalue()).decode()


SIGNATURE = drawing([(20, 70), (60, 20), (90, 80), (130, 30), (220, 60)], [(40, 85), (240, 75)])


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

    def _sign(self, plan, name="Claire Martin", capacity="Gérante"):
        if plan.sign_state == "draft":
            self._offer(plan)
        plan._sign_online(name, capacity, SIGNATURE, "192.0.2.7", *self._written_sum(plan))

    def _written_sum(self, plan):
        """Return the sum owed in letters and in figures, as who is no trader types it."""
        words = plan.currency_id.with_context(lang=plan._get_letter_lang()).amount_to_text(plan.debt_amount)
        return words, f"{plan.debt_amount:.2f}"

    def _sign_on_paper(self, plan, content=None, name="plan.pdf", day="2026-05-20", **vals):
        """Load a signed copy, look at it and record it, as a person does."""
        plan.write({"signed_copy": base64.b64encode(content or blank_pdf()), "signed_copy_name": name})
        copy = self.env["relance.plan.copy"].browse(plan.action_check_signed_copy()["res_id"])
        copy.write({"signed_by": "Claire Martin", "signed_capacity": "Gérante", "signed_date": day, **vals})
        copy.action_record()

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
