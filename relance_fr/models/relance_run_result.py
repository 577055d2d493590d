from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.channels import PAPER

# How far the making of a notice has come, by its state: made, then sent.
ADVANCE = {"draft": 0, "ready": 50}


class RelanceRun(models.Model):
    """How a confirmed run goes on and what came of it."""

    _inherit = "relance.run"

    progress = fields.Integer(string="Done (%)", compute="_compute_result")
    result = fields.Json(compute="_compute_result")
    problem_count = fields.Integer(string="To Look at", compute="_compute_result")
    letter_count = fields.Integer(string="Letters on Paper", compute="_compute_result")
    can_call_back = fields.Boolean(compute="_compute_result", help="Nothing of it is in the register yet.")

    @api.depends("notice_ids.state", "notice_ids.posted_date", "notice_ids.name", "state", "leaves_at")
    @api.depends_context("lang")
    def _compute_result(self):
        notices = self.env["relance.notice"]
        domain = [("run_id", "in", self.ids)]
        counts = {run: {} for run in self}
        for run, state, count in notices._read_group(domain, ["run_id", "state"], ["__count"]):
            counts[run][state] = count
        to_post = dict(notices._read_group([*domain, ("to_post", "=", True)], ["run_id"], ["__count"]))
        entered = dict(notices._read_group([*domain, ("name", "!=", "/")], ["run_id"], ["__count"]))
        letters = dict(notices._read_group([*domain, *self._get_letter_domain()], ["run_id"], ["__count"]))
        for run in self:
            states = counts[run]
            total = sum(states.values())
            advance = sum(count * ADVANCE.get(state, 100) for state, count in states.items())
            run.progress = advance // total if total else 0
            run.problem_count = states.get("failed", 0) + states.get("to_approve", 0)
            run.letter_count = letters.get(run, 0)
            run.can_call_back = bool(run.state == "confirmed" and run.leaves_at and not entered.get(run))
            run.result = {
                "state": run.state,
                "progress": run.progress,
                **run._prepare_recall(),
                "outcomes": run._prepare_outcomes(states | {"to_post": to_post.get(run, 0)}),
            }

    def _prepare_recall(self):
        """Return whether the run may be called back: ``can_call_back``, ``leaves`` (text), ``seconds_left``."""
        self.ensure_one()
        left = (self.leaves_at - fields.Datetime.now()).total_seconds() if self.leaves_at else 0
        return {
            "can_call_back": self.can_call_back,
            "seconds_left": max(0, int(left)),
            "leaves": self.env["relance.engine"]._format_leaving(self) if self.leaves_at else "",
        }

    def _prepare_outcomes(self, counts):
        """Return what came of the notices: list of ``{key, title, count}``, without those that are nought."""
        titles = {
            "to_approve": self.env._("Waiting for approval"),
            "draft": self.env._("Not left yet") if self.can_call_back else self.env._("Being made"),
            "ready": self.env._("Ready to leave"),
            "sent": self.env._("Sent"),
            "to_post": self.env._("of which letters to post"),
            "failed": self.env._("Failed"),
            "cancelled": self.env._("Cancelled"),
        }
        return [{"key": key, "title": title, "count": counts[key]} for key, title in titles.items() if counts.get(key)]

    @api.model
    def _get_letter_domain(self):
        """Return the domain of the notices whose letter is put into an envelope."""
        return [("channel", "in", PAPER), ("state", "in", ("ready", "sent")), ("seal", "!=", False)]

    # === ACTION METHODS === #

    def action_open_outcome(self, key):
        """Open the notices that one outcome counts.

        :param key: its ``key``
        """
        self.ensure_one()
        if key != "to_post" and key not in self.notice_ids._fields["state"].get_values(self.env):
            raise UserError(self.env._("There is no such list: load the page again."))
        domain = [("to_post", "=", True)] if key == "to_post" else [("state", "=", key)]
        xmlid = "relance_fr.relance_notice_action"
        if key != "sent":
            xmlid = "relance_fr.relance_notice_action_problem"
        return self._get_list_action(xmlid, [("run_id", "=", self.id), *domain])

    def action_open_problems(self):
        """Open the notices that failed or are not finished, with what to do about each."""
        self.ensure_one()
        domain = [("run_id", "=", self.id), ("state", "in", ("failed", "to_approve", "draft", "ready"))]
        return self._get_list_action("relance_fr.relance_notice_action_problem", domain)

    def action_print_letters(self):
        """Download the letters to post as one PDF, in postal order."""
        return self._get_letters_action("pdf")

    def action_zip_letters(self):
        """Download the letters to post as a ZIP file, numbered in postal order."""
        return self._get_letters_action("zip")

    def _get_letters_action(self, file_format):
        self.ensure_one()
        self.check_access("read")
        url = f"/relance_fr/letters?run={self.id}&format={file_format}"
        return {"type": "ir.actions.act_url", "url": url, "target": "download"}

    def _get_letters(self):
        """Return the notices whose letters are posted, in the order of the post: country, postcode, town, street."""
        self.ensure_one()
        notices = self.env["relance.notice"].search([("run_id", "=", self.id), *self._get_letter_domain()])
        return notices.sorted(lambda notice: notice._get_postal_key())
