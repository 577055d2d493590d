from odoo import api, fields, models
from odoo.exceptions import UserError

from .relance_notice import CHANNELS


class RelanceRun(models.Model):
    """What a run would send and what it would not, added up: each row of the summary opens what it counts.

    A row is a dict: ``key`` (what ``action_open_summary`` takes), ``title``, ``note``, ``notices`` (absent for what is
    not sent), ``debtors``, ``lines`` (counts) and ``amounts`` (list of ``[currency id, amount]``).
    """

    _inherit = "relance.run"

    summary = fields.Json(compute="_compute_summary")

    @api.depends("line_ids.selected", "debtor_ids.total_amount", "state")
    @api.depends_context("lang")
    def _compute_summary(self):
        send, unselected, stopped = self._get_send_rows(True), self._get_send_rows(False), self._get_stopped_rows()
        decided = self.filtered(lambda run: run.origin == "cron")._get_decided_rows()
        for run in self:
            run.summary = {
                "send": send.get(run.id, []) or decided.get(run.id, []),
                "unselected": unselected.get(run.id, []),
                "stopped": stopped.get(run.id, []),
            }

    def _get_send_rows(self, selected):
        """Return ``{run id: rows}`` of the notices to come, ticked or not, by level and channel."""
        model = self.env["relance.run.debtor"]
        domain = [("run_id", "in", self.ids), ("selected", "=", selected)]
        by = ["run_id", "level_id", "channel"]
        counts = model._read_group(domain, by, ["__count", "partner_id:count_distinct", "line_count:sum"])
        amounts = model._read_group(domain, [*by, "currency_id"], ["total_amount:sum"])
        labels = dict(model._fields["channel"]._description_selection(self.env))
        ranks = {channel: rank for rank, (channel, _label) in enumerate(CHANNELS)}
        rows = {}
        for run, level, channel, notices, debtors, lines in sorted(
            counts, key=lambda row: (row[1].delay, row[1].id, ranks.get(row[2], 0))
        ):
            rows.setdefault(run.id, []).append(
                {
                    "key": ["send", selected, level.id, channel],
                    "title": level.name,
                    "note": labels.get(channel, ""),
                    "notices": notices,
                    "debtors": debtors,
                    "lines": lines,
                    "amounts": [[row[3].id, row[4]] for row in amounts if row[:3] == (run, level, channel)],
                }
            )
        return rows

    def _get_decided_rows(self):
        """Return ``{run id: rows}`` of what the daily job decided to send, by level and channel."""
        domain = [("run_id", "in", self.ids), ("decision", "=", "send")]
        by = ["run_id", "level_id", "channel"]
        counts, amounts = self._count_lines(domain, by)
        labels = dict(self.env["relance.run.line"]._fields["channel"]._description_selection(self.env))
        rows = {}
        for run, level, channel, lines, debtors in sorted(counts, key=lambda row: (row[1].delay, row[1].id)):
            rows.setdefault(run.id, []).append(
                {
                    "key": ["decided", level.id, channel],
                    "title": level.name,
                    "note": labels.get(channel, ""),
                    "debtors": debtors,
                    "lines": lines,
                    "amounts": [[row[3].id, row[4]] for row in amounts if row[:3] == (run, level, channel)],
                }
            )
        return rows

    def _count_lines(self, domain, by):
        """Return the decisions counted by ``by`` (count, debtors), and their amounts by currency."""
        model = self.env["relance.run.line"]
        counts = model._read_group(domain, by, ["__count", "partner_id:count_distinct"])
        return counts, model._read_group(domain, [*by, "currency_id"], ["amount_residual:sum"])

    def _get_stopped_rows(self):
        """Return ``{run id: rows}`` of what is not sent, by reason."""
        model = self.env["relance.run.line"]
        domain = [("run_id", "in", self.ids), ("decision", "!=", "send")]
        by = ["run_id", "reason", "decision"]
        counts, amounts = self._count_lines(domain, by)
        labels = dict(model._fields["reason"]._description_selection(self.env))
        decisions = dict(model._fields["decision"]._description_selection(self.env))
        # What an addon that is gone has left behind comes last, by its code.
        order = list(labels)
        ranks = {reason: order.index(reason) if reason in labels else len(order) for _run, reason, *_rest in counts}
        rows = {}
        for run, reason, decision, lines, debtors in sorted(counts, key=lambda row: ranks[row[1]]):
            rows.setdefault(run.id, []).append(
                {
                    "key": ["stopped", reason],
                    "title": labels.get(reason, reason),
                    "note": decisions[decision],
                    "debtors": debtors,
                    "lines": lines,
                    "amounts": [[row[3].id, row[4]] for row in amounts if row[:3] == (run, reason, decision)],
                }
            )
        return rows

    # === ACTION METHODS === #

    def action_open_summary(self, key):
        """Open the rows that a row of the summary counts.

        :param key: its ``key``
        """
        self.ensure_one()
        names = {"stopped": ["reason"], "decided": ["level_id", "channel"], "send": ["selected", "level_id", "channel"]}
        kind, *values = key if isinstance(key, (list, tuple)) and key else [""]
        known = isinstance(kind, str) and len(names.get(kind, ())) == len(values) > 0
        if not known or not all(isinstance(value, (str, int, bool)) for value in values):
            raise UserError(self.env._("There is no such list: load the page again."))
        chosen = zip(names[kind], values, strict=True)
        domain = [("run_id", "=", self.id), *((name, "=", value) for name, value in chosen)]
        if kind == "send":
            return self._get_list_action("relance_fr.relance_run_debtor_action", domain)
        return self._get_list_action("relance_fr.relance_run_line_action", domain)

    def action_open_debtors(self):
        """Open the notices to come as a list to search, group, tick and change together."""
        self.ensure_one()
        return self._get_list_action("relance_fr.relance_run_debtor_action", [("run_id", "=", self.id)])

    def _get_list_action(self, xmlid, domain):
        """Return the action ``xmlid`` on what ``domain`` says, under the name of the run, without default filters."""
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return action | {"name": self.name, "domain": domain, "context": {}}
