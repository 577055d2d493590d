from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.reading import Reading
from .relance_engine_draft import MONEY

# Debtors named when a run tells what changed.
NAMES_SHOWN = 5


class RelanceEngine(models.AbstractModel):
    """The campaign: the notices to come of a run, one row each, with the figures the notices would freeze.

    Rows and notices are prepared by the same methods from the same instalments, so that a preview can never
    announce anything else than what is made of it.
    """

    _inherit = "relance.engine"

    @api.model
    def _read_debtors(self, run):
        """Return ``{row id: dict}`` of the notices to come that ``run`` has or had, with what a person chose."""
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT id, partner_id, currency_id, move_id, active, selected, level_id, level_chosen, channel,
                       channel_chosen, left_out_by, total_amount
                  FROM relance_run_debtor WHERE run_id = %s ORDER BY id
                """,
                run.id,
            )
        )
        return {row["id"]: row for row in rows}

    @api.model
    def _group_debtors(self, run, known):
        """Bring the rows of the notices to come of ``run`` in line with its decisions to send.

        A row stays the same record as long as its notice is the same (debtor, currency, invoice where the calendar
        says so): whoever has it on his screen goes on with it. One without a notice left is archived, and remembers
        what was chosen should the debtor come back. A constant number of statements. A legal rate that is missing
        stops no preview: the row says which one, and cannot be confirmed.

        :param known: the rows so far, see ``_read_debtors``
        :return: the rows (``relance.run.debtor``) of which a level or a channel chosen is not possible any more
        """
        self.env.flush_all()
        items = self.env.execute_query_dict(self._query_items(run, SQL("item.decision = 'send'")))
        groups, claims, missing = self._get_groups(run, items)
        matched = self._match_debtors(groups, known)
        languages = self.env["relance.letter"]._get_letter_languages()
        new_ids = iter(self._reserve_ids("relance_run_debtor_id_seq", len(groups) - len(matched)))
        added, kept, links = [], {}, {}
        for key, group in groups.items():
            row = matched.get(key)
            ticked = [item for item in group if item["selected"]] if not row or row["selected"] else group
            figures = self._prepare_debtor_figures(run, ticked or group, claims, missing, languages)
            if row:
                kept[row["id"]] = {"active": True, "notice_id": None, "selected": bool(row["selected"] and ticked)}
                kept[row["id"]] |= figures
            else:
                added.append(self._prepare_debtor(run, key, group, known) | figures | {"id": next(new_ids)})
            row_id = row["id"] if row else added[-1]["id"]
            links |= {item["run_line_id"]: {"debtor_id": row_id} for item in group}
        if added:
            self._insert_rows("relance.run.debtor", added)
        self._update_rows("relance.run.debtor", kept)
        self._update_rows("relance.run.line", links)
        gone = [row_id for row_id, row in known.items() if row["active"] and row_id not in kept]
        self._update_rows("relance.run.debtor", dict.fromkeys(gone, {"active": False}))
        self._leave_out_lines([*kept, *(row["id"] for row in added)])
        run.invalidate_recordset()
        chosen = {row_id: known[row_id] for row_id in kept}
        return self._restore_choices({id_: row for id_, row in chosen.items() if _is_chosen(row)})

    @api.model
    def _match_debtors(self, groups, known):
        """Return ``{group key: known row}``, for the groups that have one."""
        rows = {(row["partner_id"], row["currency_id"], row["move_id"]): row for row in known.values()}
        # An extension may split notices further: a row is that of the first of them.
        found = ((key, rows.pop(key[:3], None)) for key in groups)
        return {key: row for key, row in found if row}

    @api.model
    def _prepare_debtor(self, run, key, group, known):
        """Return the values of a row that a new notice to come gets, without its figures.

        It is ticked; unless the calendar groups otherwise now than before, and the debtor had been left out as a whole.
        """
        partner_id, currency_id, move_id = key[:3]
        former = [
            row
            for row in known.values()
            if row["partner_id"] == partner_id
            and row["currency_id"] == currency_id
            and bool(row["move_id"]) != bool(move_id)
        ]
        left_out = bool(former) and not any(row["selected"] for row in former)
        return {
            "run_id": run.id,
            "company_id": run.company_id.id,
            "partner_id": partner_id,
            "currency_id": currency_id,
            "move_id": move_id,
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

    # === WHAT CHANGED === #

    @api.model
    def _note_changes(self, run, known, lost, moves):
        """Write down when ``run`` was computed and what is different since it was before; return that, or None."""
        since, first = run.previewed_on or run.create_date, not (run.previewed_on or known)
        changes = None if first else self._compare_debtors(known, self._read_debtors(run), lost)
        now = fields.Datetime.now()
        values = {"previewed_on": now, "previewed_by": self.env.uid, "filtered_out": self._get_filtered_out(run, moves)}
        if changes:
            changes |= {"since": fields.Datetime.to_string(since), "until": fields.Datetime.to_string(now)}
            values["changes"] = changes
        # When and by whom a run was computed is a fact that nobody writes himself.
        run.sudo().write(values)
        if changes:
            run._message_log(body=run._get_changes_text(changes))
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
        self._update_rows("relance.run.debtor", rows)

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

    @api.model
    def _get_filtered_out(self, run, moves):
        """Return how many debtors to dun the filters of ``run`` leave out, and what they owe; None without filters."""
        if not run._has_filters():
            return None
        rows = self.env.execute_query(
            SQL(
                """
                SELECT currency_id, array_agg(DISTINCT partner_id), SUM(net) FROM (%s) decided
                 WHERE decision = 'send'
                   AND line_id NOT IN (SELECT line_id FROM relance_run_line WHERE run_id = %s AND line_id IS NOT NULL)
              GROUP BY currency_id ORDER BY currency_id
                """,
                self._query_run(Reading(run.company_id, run.date), moves),
                run.id,
            )
        )
        partners = {partner_id for _currency, partner_ids, _amount in rows for partner_id in partner_ids}
        return {"count": len(partners), "amounts": [[currency, float(amount)] for currency, _ids, amount in rows]}

    # === FIGURES === #

    @api.model
    def _get_groups(self, run, items):
        """Return ``({group key: items}, claims, {instalment id: missing rate})`` of the notices made of ``items``.

        Without a claim (the invoice was reset to draft meanwhile) an instalment is left out, unless a rate is missing.
        """
        claims, missing = self._get_notice_claims(run, items)
        groups = {}
        for item in items:
            if item["line_id"] in claims or item["line_id"] in missing:
                groups.setdefault(self._get_group_key(item), []).append(item)
        return groups, claims, missing

    @api.model
    def _prepare_debtor_figures(self, run, items, claims, missing, languages):
        """Return the values of a row that follow from its instalments: what its notice would hold."""
        warning = next((missing[item["line_id"]] for item in items if item["line_id"] in missing), None)
        if warning:
            return self._prepare_debtor_warning(items, warning)
        notice, lines = self._prepare_notice(run, items, claims, languages)
        return {
            **{name: notice[name] for name in ("contact_id", "level_id", "channel", "email_to", "credit_amount")},
            **{name: notice[name] for name in MONEY},
            "line_count": len(lines),
            "date_maturity": min(line["date_maturity"] for line in lines),
            "days_late": max(line["days_late"] for line in lines),
            "warning": None,
        }

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

    @api.model
    def _refigure_debtors(self, debtors):
        """Compute the rows ``debtors`` again after a choice. A row unticked shows what it would claim as a whole."""
        self.env.flush_all()
        languages = self.env["relance.letter"]._get_letter_languages()
        for run, rows in debtors.grouped("run_id").items():
            items = self.env.execute_query_dict(self._query_selected(run, debtors=rows))
            groups, claims, missing = self._get_groups(run, items)
            figures = {
                group[0]["debtor_id"]: self._prepare_debtor_figures(run, group, claims, missing, languages)
                for group in groups.values()
            }
            self._update_rows("relance.run.debtor", figures)
            run.invalidate_recordset()


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
