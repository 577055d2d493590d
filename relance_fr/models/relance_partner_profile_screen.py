from odoo import api, fields, models
from odoo.tools import format_amount

from ..tools import score as formula
from .relance_engine_score import MARKS


class RelancePartnerProfile(models.Model):
    """What the screens show of a profile: the formula line by line, added up. Nothing here is stored."""

    _inherit = "relance.partner.profile"

    # A progress bar without the field of its maximum calls its value a percentage.
    score_max = fields.Integer(compute="_compute_score_max")
    formula = fields.Html(compute="_compute_formula", compute_sudo=True, sanitize=False)
    alert_ids = fields.One2many("relance.alert", compute="_compute_alert_ids", compute_sudo=True)
    alert_text = fields.Char("Alerts", compute="_compute_alert_ids", compute_sudo=True)

    def _compute_score_max(self):
        self.score_max = 100

    @api.depends("score", "status", "computed_on")
    @api.depends_context("lang")
    def _compute_formula(self):
        for profile in self:
            profile.formula = self.env["ir.qweb"]._render(
                "relance_fr.score_formula",
                {"profile": profile, "lines": profile._get_formula_lines(), "number": profile._write_number},
                raise_if_not_found=False,
            )

    def _compute_alert_ids(self):
        alerts = self.env["relance.alert"].search(
            [("partner_id", "in", self.partner_id.ids), ("state", "!=", "closed")]
        )
        for profile in self:
            here = alerts.filtered(
                lambda alert, profile=profile: (
                    (alert.partner_id, alert.company_id) == (profile.partner_id, profile.company_id)
                )
            )
            profile.alert_ids = here
            profile.alert_text = " ".join(alert.message for alert in here if alert.state == "open")

    def _get_formula_lines(self):
        """Return the lines of the score: dicts of label, value (text), weight, mark and points; [] without a score."""
        self.ensure_one()
        if self.status != "scored":
            return []
        weights = self.company_id._get_relance_score_weights()
        rows = zip(self._get_formula_texts(), weights, MARKS, strict=True)
        lines = []
        for (label, value), weight, column in rows:
            mark = str(self[column])
            points = formula.get_points(weight, mark)
            lines.append({"label": label, "value": value, "weight": weight, "mark": self[column], "points": points})
        return lines

    def _get_formula_texts(self):
        """Return the label of each component and the facts behind its mark, in words, in the order of the weights."""
        self.ensure_one()
        number = self._write_number
        delay = self.env._(
            "%(days)s days late on average, over %(count)s invoices",
            days=number(self.average_delay),
            count=self.paid_count,
        )
        promises = self.env._("%(broken)s broken, %(kept)s kept", broken=self.promises_broken, kept=self.promises_kept)
        disputes = self.env._(
            "%(lost)s unfounded, %(won)s founded", lost=number(self.disputes_lost), won=number(self.disputes_won)
        )
        return [
            (self.env._("Delay of what was paid"), delay),
            (self.env._("Overdue"), self._get_overdue_text()),
            (self.env._("Broken promises"), promises),
            (self.env._("Unfounded disputes"), disputes),
        ]

    def _get_overdue_text(self):
        if not self.overdue_amount:
            return self.env._("Nothing")
        return self.env._(
            "%(amount)s, %(share)s %% of a year's turnover, for %(age)s days on average",
            amount=format_amount(self.env, self.overdue_amount, self.currency_id),
            share=self._write_number(self.overdue_share),
            age=self._write_number(self.overdue_age),
        )

    def _write_number(self, value):
        """Return a figure as the reader's language writes it, without a needless zero."""
        digits = 0 if float(value).is_integer() else 1
        lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US")
        return lang.format(f"%.{digits}f", float(value), grouping=True)
