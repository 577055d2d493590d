from markupsafe import Markup, escape
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class RelanceRun(models.Model):
    """What a person should know, and answer for, before a run is confirmed: the bank, the pace, the test mode."""

    _inherit = "relance.run"

    author_id = fields.Many2one("res.users", string="Confirmed by", readonly=True, copy=False)
    is_test = fields.Boolean("Test", readonly=True, copy=False, help="Sent to the test address; no customer got it.")
    bank_override_reason = fields.Text(
        "Why Send Anyway", copy=False, help="Why this campaign may leave although the bank is not up to date."
    )
    bank_late = fields.Boolean(compute="_compute_safety")
    bank_seen = fields.Boolean(compute="_compute_safety")
    bank_message = fields.Char("Bank", compute="_compute_safety")
    departure_message = fields.Char(compute="_compute_safety")
    # ``{"ready": [titles], "lacks": [dicts]}``; a lack: ``key``, ``title``, ``text``, ``blocking`` (else a person may
    # send all the same, saying why), ``notices``, ``letters`` and ``amounts`` (``[currency id, amount]``) it concerns.
    readiness = fields.Json("Before You Confirm", compute="_compute_readiness")
    is_blocked = fields.Boolean(compute="_compute_readiness")
    recall_minutes = fields.Integer(compute="_compute_safety")
    test_email = fields.Char(compute="_compute_safety")

    @api.depends("company_id", "state", "line_ids.selected", "notice_ids.state")
    def _compute_safety(self):
        engine = self.env["relance.engine"]
        states = {company: engine._get_bank_state(company, engine._today(company)) for company in self.company_id}
        for run in self:
            state = states.get(run.company_id)
            asked = run.state == "draft" and bool(run.company_id)
            run.test_email = asked and run.company_id._get_relance_setting("relance_test_email")
            run.bank_late = bool(state) and run.state == "draft" and not run.test_email and not state["up_to_date"]
            run.bank_seen = bool(state and state["last_date"])
            run.bank_message = state and state["message"]
            waits = bool(run.company_id) and not run.test_email
            run.recall_minutes = waits and run.company_id._get_relance_setting("relance_recall_minutes")
            run.departure_message = not run.test_email and run._get_departure_message()

    @api.depends("company_id", "state", "debtor_ids.selected", "debtor_ids.channel", "debtor_ids.level_id", "bank_late")
    @api.depends_context("lang")
    def _compute_readiness(self):
        for run in self:
            run.readiness = run._prepare_readiness()
            run.is_blocked = any(lack["blocking"] for lack in run.readiness["lacks"])

    def _prepare_readiness(self):
        """Return what stands ready before the run is confirmed and what does not, with what each concerns."""
        self.ensure_one()
        if self.state != "draft" or not self.company_id or self.test_email:
            return {"ready": [], "lacks": []}
        engine = self.env["relance.engine"]
        lacks = engine._get_run_lacks(self)
        if self.bank_late:
            counted = engine._count_concerned(self, {"bank": SQL("TRUE")})
            lacks += [
                {
                    "key": "bank",
                    "title": self.env._("Bank not up to date"),
                    "text": self.bank_message,
                    "blocking": False,
                    **concerned,
                }
                for concerned in counted.values()
            ]
        found = {lack["key"] for lack in lacks} | set(engine._get_lacking(self.company_id))
        texts = engine._get_lack_texts(self.company_id)
        ready = [title for key, (title, _text) in texts.items() if key not in found]
        if self.bank_seen and not self.bank_late:
            ready.append(self.env._("Bank up to date"))
        return {"ready": ready, "lacks": lacks}

    def action_complete_company(self):
        """Open the first steps of dunning, where what the company lacks is entered."""
        return self.env["ir.actions.client"]._for_xml_id("relance_fr.relance_onboarding_action")

    def _get_departure_message(self):
        """Return when what the run sends leaves, "" when at once or when everything left."""
        self.ensure_one()
        if not self.company_id or self.state not in ("draft", "confirmed"):
            return ""
        count = self.debtor_count if self.state == "draft" else 0
        waiting = Domain("run_id", "in", self.ids) & Domain("state", "=", "draft")
        if not count and not self.env["relance.notice"].search_count(waiting, limit=1):
            return ""
        return self.env["relance.engine"]._get_departure_message(self.company_id, count)

    # === CONFIRMATION === #

    def _check_bank(self, bank):
        """Raise a UserError while the bank is not up to date, unless somebody says why the run may leave all the same.

        :param bank: what is known of the bank of the company, see ``_get_bank_state`` of the engine
        """
        # A test leaves for nobody.
        testing = self.company_id._get_relance_setting("relance_test_email")
        if not bank["up_to_date"] and not self._get_bank_override() and not testing:
            raise UserError(
                self.env._(
                    "The bank is not up to date. %s To send all the same, write why on the campaign.", bank["message"]
                )
            )

    def _get_bank_override(self):
        """Return why the run may leave although the bank is not up to date, "" when nobody said."""
        return (self.bank_override_reason or "").strip()

    def _log_bank_override(self, bank):
        """Leave in the chatter who sends although the bank is not up to date, why, and what is known of it."""
        self.ensure_one()
        reason = self._get_bank_override()
        if bank["up_to_date"] or not reason:
            return
        said = self.env._(
            "%(user)s sends although the bank is not up to date: %(reason)s", user=self.env.user.name, reason=reason
        )
        self.message_post(body=Markup("%s<br/>%s") % (escape(said), escape(bank["message"])))
