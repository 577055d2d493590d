from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_datetime
from odoo.tools.i18n import format_list

from ...tools.bulk_sql import insert_rows, reserve_ids, update_rows
from ...tools.channels import PAPER
from ...tools.reading import Reading
from ..notice.relance_notice import CHANNELS
from ..notice.relance_notice_draft import MONEY

# How far the making of a notice has come, by its state: made, then sent.
ADVANCE = {"draft": 0, "ready": 50}

# Debtors named when a run tells what changed.
NAMES_SHOWN = 5


class RelanceRun(models.Model):
    """What the form of a run shows: the notices to come of a draft and what changed, then what came of it.

    ``_group_debtors`` keeps a row for each notice to come (``relance.run.debtor``) in line with the decisions.
    """

    _inherit = "relance.run"

    progress = fields.Integer(string="Done (%)", compute="_compute_result")
    result = fields.Json(compute="_compute_result")
    problem_count = fields.Integer(string="To Look at", compute="_compute_result")
    letter_count = fields.Integer(string="Letters on Paper", compute="_compute_result")
    can_call_back = fields.Boolean(compute="_compute_result", help="Nothing of it is in the register yet.")
    summary = fields.Json(compute="_compute_summary")
    debtor_count = fields.Integer(string="Debtors to Dun", compute="_compute_debtor_count")
    is_to_come = fields.Boolean(string="Of a Day to Come", compute="_compute_is_to_come")
    warning = fields.Char(compute="_compute_warning", help="Why some of the notices ticked cannot be made.")
    notice_to_come_count = fields.Integer(compute="_compute_notice_to_come_count")
    unselected_count = fields.Integer(string="Deselected", compute="_compute_debtor_count")
    changes_text = fields.Html(compute="_compute_changes_text", sanitize=False)
    filtered_out_text = fields.Char(compute="_compute_changes_text")

    # === COMPUTE METHODS === #

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
            "leaves": self.env["relance.notice"]._format_leaving(self.leaves_at) if self.leaves_at else "",
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
                amounts=self.env["res.company"]._relance_format_amounts(left["amounts"]),
            )

    def _get_changes_text(self, changes):
        """Return what changed between two computations as HTML: when, then a line for each kind of change.

        :param changes: see ``_compare_debtors``
        """
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
                    amounts=self.env["res.company"]._relance_format_amounts(new["amounts"]),
                )
            )
        if gone["count"]:
            lines.append(
                self.env._(
                    "%(count)s no longer to be dunned: %(names)s, %(amounts)s. The list of what is not sent says why.",
                    count=gone["count"],
                    names=self._format_names(gone),
                    amounts=self.env["res.company"]._relance_format_amounts(gone["amounts"]),
                )
            )
        if changed["count"]:
            lines.append(
                self.env._(
                    "%(count)s with another sum, level or channel: %(names)s, %(before)s before, %(now)s now.",
                    count=changed["count"],
                    names=self._format_names(changed),
                    before=self.env["res.company"]._relance_format_amounts(
                        [[currency, before] for currency, _now, before in changed["amounts"]]
                    ),
                    now=self.env["res.company"]._relance_format_amounts(
                        [[currency, now] for currency, now, _before in changed["amounts"]]
                    ),
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
            run.is_to_come = bool(run.date) and run.date > run.company_id._relance_today()

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

    # === BUSINESS METHODS - SUMMARY === #

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

    # === BUSINESS METHODS - NOTICES TO COME === #

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
                ("date", "<=" if day == company._relance_today() else "=", day),
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

    def _read_debtors(self):
        """Return ``{row id: dict}`` of the notices to come that the run has or had, with what a person chose."""
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT id, partner_id, currency_id, move_id, bank_id, active, selected, level_id, level_chosen, channel,
                       channel_chosen, left_out_by, total_amount
                  FROM relance_run_debtor WHERE run_id = %s ORDER BY id
                """,
                self.id,
            )
        )
        return {row["id"]: row for row in rows}

    def _group_debtors(self, known):
        """Bring the rows of the notices to come of the run in line with its decisions to send.

        A row stays the same record as long as its notice is the same (debtor, currency, invoice where the calendar
        says so): a person who has it on screen goes on with it. One without a notice left is archived, and remembers
        what was chosen should the debtor come back. A constant number of statements. A legal rate that is missing
        stops no preview: the row says which one, and cannot be confirmed.

        :param known: the rows so far, see ``_read_debtors``
        :return: the rows (``relance.run.debtor``) of which a level or a channel chosen is not possible any more
        """
        self.env.flush_all()
        items = self.env.execute_query_dict(self._query_items(SQL("item.decision = 'send'")))
        groups, claims, missing = self._get_groups(items)
        matched = self._match_debtors(groups, known)
        languages = self.env["relance.letter"]._get_letter_languages()
        new_ids = iter(reserve_ids(self.env, "relance_run_debtor_id_seq", len(groups) - len(matched)))
        added, kept, links = [], {}, {}
        for key, group in groups.items():
            row = matched.get(key)
            ticked = [item for item in group if item["selected"]] if not row or row["selected"] else group
            figures = self._prepare_debtor_figures(ticked or group, claims, missing, languages)
            if row:
                kept[row["id"]] = {"active": True, "notice_id": None, "selected": bool(row["selected"] and ticked)}
                kept[row["id"]] |= figures
            else:
                added.append(self._prepare_debtor(key, group, known) | figures | {"id": next(new_ids)})
            row_id = row["id"] if row else added[-1]["id"]
            links |= {item["run_line_id"]: {"debtor_id": row_id} for item in group}
        if added:
            insert_rows(self.env, "relance.run.debtor", added)
        update_rows(self.env, "relance.run.debtor", kept)
        update_rows(self.env, "relance.run.line", links)
        gone = [row_id for row_id, row in known.items() if row["active"] and row_id not in kept]
        update_rows(self.env, "relance.run.debtor", dict.fromkeys(gone, {"active": False}))
        self._leave_out_lines([*kept, *(row["id"] for row in added)])
        self.invalidate_recordset()
        chosen = {row_id: known[row_id] for row_id in kept}
        return self.env["relance.run.debtor"]._restore_choices(
            {id_: row for id_, row in chosen.items() if _is_chosen(row)}
        )

    @api.model
    def _match_debtors(self, groups, known):
        """Return ``{group key: known row}``, for the groups that have one."""
        rows = {(row["partner_id"], row["currency_id"], row["move_id"], row["bank_id"]): row for row in known.values()}
        # An extension may split notices further: a row is that of the first of them.
        found = ((key, rows.pop(key[:4], None)) for key in groups)
        return {key: row for key, row in found if row}

    def _prepare_debtor(self, key, group, known):
        """Return the values of a row that a new notice to come gets, without its figures.

        It is ticked; unless the calendar groups otherwise now than before, and the debtor had been left out as a whole.
        """
        partner_id, currency_id, move_id, bank_id = key[:4]
        former = [
            row
            for row in known.values()
            if row["partner_id"] == partner_id
            and row["currency_id"] == currency_id
            and (bool(row["move_id"]), bool(row["bank_id"])) != (bool(move_id), bool(bank_id))
        ]
        left_out = bool(former) and not any(row["selected"] for row in former)
        return {
            "run_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": partner_id,
            "currency_id": currency_id,
            "move_id": move_id,
            "bank_id": bank_id,
            "active": True,
            "selected": not left_out and any(item["selected"] for item in group),
            "left_out_by": former[0]["left_out_by"] if left_out else None,
            "level_chosen": False,
            "channel_chosen": False,
        }

    @api.model
    def _leave_out_lines(self, row_ids):
        """Untick the instalments of the rows ``row_ids`` that are unticked: what is new of them stays out as well."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_run_line item SET selected = FALSE FROM relance_run_debtor choice
                 WHERE choice.id = ANY(%s) AND item.debtor_id = choice.id AND item.selected AND NOT choice.selected
             RETURNING item.id
                """,
                row_ids,
            )
        )
        self.env["relance.run.line"].invalidate_model(["selected"])

    def _get_groups(self, items):
        """Return ``({group key: items}, claims, {instalment id: missing rate})`` of the notices made of ``items``.

        Without a claim (the invoice was reset to draft meanwhile) an instalment is left out, unless a rate is missing.
        """
        claims, missing = self._get_notice_claims(items)
        groups = {}
        self._name_payees(items)
        for item in items:
            if item["line_id"] in claims or item["line_id"] in missing:
                groups.setdefault(self._get_group_key(item), []).append(item)
        return groups, claims, missing

    def _prepare_debtor_figures(self, items, claims, missing, languages):
        """Return the values of a row that follow from its instalments: what its notice would hold."""
        warning = next((missing[item["line_id"]] for item in items if item["line_id"] in missing), None)
        if warning:
            return self._prepare_debtor_warning(items, warning)
        notice, lines = self._prepare_notice(items, claims, languages)
        return {
            **{name: notice[name] for name in ("contact_id", "level_id", "channel", "email_to", "credit_amount")},
            **{name: notice[name] for name in MONEY},
            "line_count": len(lines),
            "date_maturity": min(line["date_maturity"] for line in lines),
            "days_late": max(line["days_late"] for line in lines),
            "warning": self._find_address_warning(notice, items),
        }

    def _find_address_warning(self, notice, items):
        """Return why the letter of a notice to come (values, made of ``items``) cannot be posted, None when it can."""
        if notice["channel"] not in PAPER or not any(item["may_not_fit"] for item in items):
            return None
        names = ("company_id", "partner_id", "contact_id")
        letter = self.env["relance.notice"].new({name: notice[name] for name in names})
        return letter._find_address_fault() or None

    @api.model
    def _prepare_debtor_warning(self, items, warning):
        """Return the values of a row whose figures cannot be computed: what is left to pay, and why no more."""
        highest = self._get_highest(items)
        principal = sum(item["net"] for item in items)
        return {
            "contact_id": highest["contact_id"],
            "level_id": highest["level_id"],
            "channel": highest["channel"],
            "email_to": highest["email"],
            "credit_amount": 0,
            "principal_amount": principal,
            "penalty_amount": 0,
            "indemnity_amount": 0,
            "total_amount": principal,
            "line_count": len(items),
            "date_maturity": min(item["due"] for item in items),
            "days_late": max(item["days_late"] for item in items),
            "warning": warning,
        }

    # === BUSINESS METHODS - WHAT CHANGED === #

    def _note_changes(self, known, lost, moves):
        """Write down when the run was computed and what is different since it was before; return that, or None."""
        since, first = self.previewed_on or self.create_date, not (self.previewed_on or known)
        changes = None if first else self._compare_debtors(known, self._read_debtors(), lost)
        now = fields.Datetime.now()
        values = {"previewed_on": now, "previewed_by": self.env.uid, "filtered_out": self._get_filtered_out(moves)}
        if changes:
            changes |= {"since": fields.Datetime.to_string(since), "until": fields.Datetime.to_string(now)}
            values["changes"] = changes
        # When and by whom a run was computed is a fact that nobody writes.
        self.sudo().write(values)
        if changes:
            self._message_log(body=self._get_changes_text(changes))
        return changes

    @api.model
    def _compare_debtors(self, before, after, lost):
        """Return what is different between two states of a run (``_read_debtors``), None when nothing is.

        :return: dict ``new``, ``gone``, ``changed``: dicts ``count`` (notices), ``names`` (of the largest), ``amounts``
            (``[currency id, claimed now]``, for those gone what was claimed; ``changed`` adds what was claimed before);
            ``lost``: names of the debtors whose level or channel chosen is not possible any more;
            ``to_see``: whether anything ticked is new, larger, or leaves at another level or by another channel
        """
        live = [row for row in after.values() if row["active"]]
        former = {row_id: row for row_id, row in before.items() if row["active"]}
        new = [row for row in live if row["id"] not in former]
        gone = [row for row_id, row in former.items() if not after.get(row_id, {}).get("active")]
        changed = [row for row in live if row["id"] in former and _differs(former[row["id"]], row)]
        self._mark_news(before, new, changed)
        if not (new or gone or changed or lost):
            return None
        told = {
            "new": self._summarize_rows(new),
            "gone": self._summarize_rows(gone),
            "changed": self._summarize_rows(changed, former),
            "lost": lost.partner_id.mapped("display_name"),
        }
        grown = [row for row in changed if _differs(former[row["id"]], row, only_worse=True)]
        told["to_see"] = any(row["selected"] for row in new + grown) or bool(lost.filtered("selected"))
        return told

    @api.model
    def _mark_news(self, before, new, changed):
        """Mark the rows that are new or changed since; while nothing changes, the marks of the last time stay."""
        if not (new or changed):
            return
        rows = {row_id: {"news": None} for row_id in before}
        rows |= {row["id"]: {"news": "new"} for row in new} | {row["id"]: {"news": "changed"} for row in changed}
        update_rows(self.env, "relance.run.debtor", rows)

    @api.model
    def _summarize_rows(self, rows, former=None):
        """Return ``{count, names, amounts}`` of ``rows``; with ``former`` amounts hold what was claimed before too."""
        amounts = {}
        for row in rows:
            sums = amounts.setdefault(row["currency_id"], [0, 0])
            sums[0] += row["total_amount"]
            sums[1] += former[row["id"]]["total_amount"] if former else 0
        largest = sorted(rows, key=lambda row: row["total_amount"], reverse=True)[:NAMES_SHOWN]
        partners = self.env["res.partner"].browse(dict.fromkeys(row["partner_id"] for row in largest))
        return {
            "count": len(rows),
            "names": partners.mapped("display_name"),
            "amounts": [
                [currency_id, *map(float, sums if former else sums[:1])] for currency_id, sums in amounts.items()
            ],
        }

    # === BUSINESS METHODS - FILTERS === #

    def _has_filters(self):
        """Tell whether the run leaves out debtors by a choice of calendars, of levels or of a minimum."""
        self.ensure_one()
        return bool(self.calendar_ids or self.level_ids or self.minimum_amount)

    def _get_filtered_out(self, moves):
        """Return how many debtors to dun the filters of the run leave out, and what they owe; None without filters."""
        if not self._has_filters():
            return None
        rows = self.env.execute_query(
            SQL(
                """
                SELECT currency_id, array_agg(DISTINCT partner_id), SUM(net) FROM (%s) decided
                 WHERE decision = 'send'
                   AND line_id NOT IN (SELECT line_id FROM relance_run_line WHERE run_id = %s AND line_id IS NOT NULL)
              GROUP BY currency_id ORDER BY currency_id
                """,
                self.env["relance.decision"]._query_run(
                    Reading(self.company_id, self.date, by_hand=moves is not None), moves
                ),
                self.id,
            )
        )
        partners = {partner_id for _currency, partner_ids, _amount in rows for partner_id in partner_ids}
        return {"count": len(partners), "amounts": [[currency, float(amount)] for currency, _ids, amount in rows]}

    # === BUSINESS METHODS - LETTERS TO POST === #

    @api.model
    def _get_letter_domain(self):
        """Return the domain of the notices whose letter is put into an envelope."""
        return [("channel", "in", PAPER), ("state", "in", ("ready", "sent")), ("seal", "!=", False)]

    def _get_letters(self):
        """Return the notices whose letters are posted, in the order of the post: country, postcode, town, street."""
        self.ensure_one()
        notices = self.env["relance.notice"].search([("run_id", "=", self.id), *self._get_letter_domain()])
        return notices.sorted(lambda notice: notice._get_postal_key())

    # === ACTION METHODS === #

    @api.model
    def action_prepare(self):
        """Open the campaign of today as things are now: the draft of the company when there is one, else a new one.

        With several companies selected, ask first which ones.
        """
        if len(self.env.companies) > 1:
            return self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_wizard_action")
        company = self.env.company
        today = company._relance_today()
        run = self._find_draft(company, today) or self.create({"company_id": company.id, "date": today})
        run.action_bring_up_to_date()
        return run._get_form_action()

    def action_clear_filters(self):
        """Take the filters of drafts away and compute them again: everybody who is to be dunned is in them."""
        self.write({"calendar_ids": [Command.clear()], "level_ids": [Command.clear()], "minimum_amount": 0})
        return self.action_bring_up_to_date()

    def action_open_lines(self):
        """Open all the decisions of the run as a list to search, group and select from."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_run_line_action")
        return action | {"display_name": self.name, "domain": [("run_id", "=", self.id)]}

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


def _is_chosen(row):
    """Tell whether a person chose the level or the channel of a row."""
    return bool(row["level_chosen"] or row["channel_chosen"])


def _differs(former, row, only_worse=False):
    """Tell whether a row claims another sum, at another level or by another channel than it did.

    :param only_worse: a smaller sum is no difference
    """
    if former["level_id"] != row["level_id"] or former["channel"] != row["channel"]:
        return True
    if only_worse:
        return row["total_amount"] > former["total_amount"]
    return row["total_amount"] != former["total_amount"]
