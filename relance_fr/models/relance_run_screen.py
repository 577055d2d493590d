from markupsafe import Markup
from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_datetime
from odoo.tools.i18n import format_list


class RelanceRun(models.Model):
    """The run as the accountant reviews it: what to send, what is stopped and why."""

    _inherit = "relance.run"

    debtor_count = fields.Integer(string="Debtors to Dun", compute="_compute_debtor_count")
    is_to_come = fields.Boolean(string="Of a Day to Come", compute="_compute_is_to_come")
    warning = fields.Char(compute="_compute_warning", help="Why some of the notices ticked cannot be made.")
    notice_to_come_count = fields.Integer(compute="_compute_notice_to_come_count")
    unselected_count = fields.Integer(string="Deselected", compute="_compute_debtor_count")
    changes_text = fields.Html(compute="_compute_changes_text", sanitize=False)
    filtered_out_text = fields.Char(compute="_compute_changes_text")

    @api.depends("debtor_ids.selected")
    def _compute_notice_to_come_count(self):
        ticked = self.env["relance.run.debtor"]._read_group(
            [("run_id", "in", self.ids), ("selected", "=", True)], ["run_id"], ["__count"]
        )
        counts = dict(ticked)
        for run in self:
            run.notice_to_come_count = counts.get(run, 0)

    @api.depends("changes", "filtered_out")
    @api.depends_context("lang", "tz")
    def _compute_changes_text(self):
        for run in self:
            changes, left = run.changes, run.filtered_out or {"count": 0}
            run.changes_text = bool(changes) and run._get_changes_text(changes)
            run.filtered_out_text = bool(left["count"]) and self.env._(
                "The filters leave out %(count)s debtors to dun, who owe %(amounts)s.",
                count=left["count"],
                amounts=self.env["relance.engine"]._format_amounts(left["amounts"]),
            )

    def _get_changes_text(self, changes):
        """Return what changed between two computations as HTML: when, then a line for each kind of change.

        :param changes: see ``_compare_debtors`` of the engine
        """
        engine = self.env["relance.engine"]
        new, gone, changed = changes["new"], changes["gone"], changes["changed"]
        moments = {
            name: format_datetime(self.env, fields.Datetime.to_datetime(changes[name]), dt_format="short")
            for name in ("since", "until")
        }
        lines = []
        if new["count"]:
            lines.append(
                self.env._(
                    "%(count)s new: %(names)s, %(amounts)s.",
                    count=new["count"],
                    names=self._format_names(new),
                    amounts=engine._format_amounts(new["amounts"]),
                )
            )
        if gone["count"]:
            lines.append(
                self.env._(
                    "%(count)s no longer to be dunned: %(names)s, %(amounts)s. The list of what is not sent says why.",
                    count=gone["count"],
                    names=self._format_names(gone),
                    amounts=engine._format_amounts(gone["amounts"]),
                )
            )
        if changed["count"]:
            lines.append(
                self.env._(
                    "%(count)s with another sum, level or channel: %(names)s, %(before)s before, %(now)s now.",
                    count=changed["count"],
                    names=self._format_names(changed),
                    before=engine._format_amounts(
                        [[currency, before] for currency, _now, before in changed["amounts"]]
                    ),
                    now=engine._format_amounts([[currency, now] for currency, now, _before in changed["amounts"]]),
                )
            )
        if changes["lost"]:
            lines.append(
                self.env._(
                    "The level or the channel you chose is not possible any more: %s.",
                    format_list(self.env, changes["lost"][:5]),
                )
            )
        title = self.env._("What changed between %(since)s and %(until)s:", **moments)
        items = Markup("").join(Markup("<li>%s</li>") % line for line in lines)
        return Markup("%s<ul class='mb-0'>%s</ul>") % (title, items)

    def _format_names(self, rows):
        """Return the debtors named in a summary of ``_summarize_rows``, and that there are others."""
        names = format_list(self.env, rows["names"])
        return names if rows["count"] <= len(rows["names"]) else self.env._("%s and others", names)

    @api.depends("line_ids.selected")
    def _compute_debtor_count(self):
        sending = self.env["relance.run.line"]._read_group(
            [("run_id", "in", self.ids), ("decision", "=", "send")],
            ["run_id", "selected"],
            ["partner_id:count_distinct", "__count"],
        )
        counts = {(run.id, selected): (debtors, lines) for run, selected, debtors, lines in sending}
        for run in self:
            run.debtor_count = counts.get((run.id, True), (0, 0))[0]
            run.unselected_count = counts.get((run.id, False), (0, 0))[1]

    @api.depends("date", "company_id")
    def _compute_is_to_come(self):
        for run in self:
            run.is_to_come = bool(run.date) and run.date > self.env["relance.engine"]._today(run.company_id)

    @api.depends("debtor_ids.warning", "debtor_ids.selected")
    @api.depends_context("lang")
    def _compute_warning(self):
        lacking = self.env["relance.run.debtor"]._read_group(
            [("run_id", "in", self.ids), ("selected", "=", True), ("warning", "!=", False)],
            ["run_id"],
            ["__count", "warning:min", "partner_id:min"],
        )
        rows = {run: row for run, *row in lacking}
        for run in self:
            count, warning, partner_id = rows.get(run, (0, False, False))
            run.warning = bool(count) and self.env._(
                "%(count)s of the notices ticked cannot be made, that to %(debtor)s among them. %(warning)s",
                count=count,
                debtor=self.env["res.partner"].browse(partner_id).display_name,
                warning=warning,
            )

    # === ACTION METHODS === #

    def action_clear_filters(self):
        """Take the filters of drafts away and compute them again: everybody who is to be dunned is in them."""
        self.write({"calendar_ids": [Command.clear()], "level_ids": [Command.clear()], "minimum_amount": 0})
        return self.action_bring_up_to_date()

    @api.model
    def action_prepare(self):
        """Open the campaign of today as things are now: the draft of the company when there is one, else a new one.

        With several companies selected, ask first which ones.
        """
        if len(self.env.companies) > 1:
            return self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_wizard_action")
        company = self.env.company
        today = self.env["relance.engine"]._today(company)
        run = self._find_draft(company, today) or self.create({"company_id": company.id, "date": today})
        run.action_bring_up_to_date()
        return run._get_form_action()

    @api.model
    def _find_draft(self, company, day, scope=None):
        """Return the draft campaign of ``company`` for ``day`` that is to be gone on with, empty when there is none.

        :param scope: values of the filters it must have; by default one without filters comes first
        """
        drafts = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "draft"),
                ("origin", "=", "manual"),
                # One of a day that is over becomes that of today; one for a day to come stays what it is.
                ("date", "<=" if day == self.env["relance.engine"]._today(company) else "=", day),
            ],
            order="date desc, id desc",
        )
        if scope is None:
            return (drafts.filtered(lambda run: not run._has_filters()) or drafts)[:1]
        return drafts.filtered(
            lambda run: (
                run.calendar_ids == scope["calendar_ids"]
                and run.level_ids == scope["level_ids"]
                and run.minimum_amount == scope["minimum_amount"]
            )
        )[:1]

    def _has_filters(self):
        """Tell whether the run leaves out debtors by a choice of calendars, of levels or of a minimum."""
        self.ensure_one()
        return bool(self.calendar_ids or self.level_ids or self.minimum_amount)

    def action_open_lines(self):
        """Open all the decisions of the run as a list to search, group and select from."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_line_action")
        return action | {"display_name": self.name, "domain": [("run_id", "=", self.id)]}
