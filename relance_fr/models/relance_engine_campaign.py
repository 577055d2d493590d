from odoo import api, models
from odoo.tools import SQL

from .relance_engine_draft import MONEY


class RelanceEngine(models.AbstractModel):
    """The campaign: the notices to come of a run, one row each, with the figures the notices would freeze.

    Rows and notices are prepared by the same methods from the same instalments, so that a preview can never
    announce anything else than what is made of it.
    """

    _inherit = "relance.engine"

    @api.model
    def _clear_decisions(self, run):
        """Forget the decisions of a draft ``run`` and the notices to come they made."""
        self.env.flush_all()
        for table in ("relance_run_line", "relance_run_debtor"):
            self.env.execute_query(
                SQL("DELETE FROM %s WHERE run_id = %s RETURNING id", SQL.identifier(table), run.id),
            )
        self.env["relance.run.line"].invalidate_model()
        self.env["relance.run.debtor"].invalidate_model()
        run.invalidate_recordset()

    @api.model
    def _group_debtors(self, run):
        """Make the rows of the notices to come from the decisions to send of ``run``.

        A constant number of statements. A legal rate that is missing stops no preview: the row says which one, and
        cannot be confirmed.
        """
        self.env.flush_all()
        items = self.env.execute_query_dict(self._query_selected(run))
        if not items:
            return
        groups, claims, missing = self._get_groups(run, items)
        languages = self.env["relance.letter"]._get_letter_languages()
        ids = self._reserve_ids("relance_run_debtor_id_seq", len(groups))
        rows, links = [], {}
        for row_id, group in zip(ids, groups.values(), strict=True):
            by_invoice = group[0]["grouping"] == "invoice"
            rows.append(
                {
                    "id": row_id,
                    "run_id": run.id,
                    "company_id": run.company_id.id,
                    "partner_id": group[0]["partner_id"],
                    "currency_id": group[0]["currency_id"],
                    "move_id": group[0]["move_id"] if by_invoice else None,
                    "selected": True,
                    "level_chosen": False,
                    "channel_chosen": False,
                    **self._prepare_debtor_figures(run, group, claims, missing, languages),
                }
            )
            links |= {item["run_line_id"]: {"debtor_id": row_id} for item in group}
        self._insert_rows("relance.run.debtor", rows)
        self._update_rows("relance.run.line", links)
        run.invalidate_recordset()

    @api.model
    def _get_groups(self, run, items):
        """Return ``({group key: items}, claims, {instalment id: missing rate})`` of the notices made of ``items``.

        Without a claim (the invoice was reset to draft meanwhile) an instalment is left out, unless a rate is missing.
        """
        missing = {}
        line_ids = [item["line_id"] for item in items]
        claims = self._get_claims(run.company_id, run.date, line_ids, to_send=True, missing=missing)
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
