from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.open_items import OPEN_ITEM
from ..tools.reading import Reading

# Aged balance: the last day late of each bracket but the last; what is not due yet comes before them.
BRACKETS = (0, 30, 60, 90)


class RelanceDebtor(models.Model):
    """The account of a debtor at a glance: what the ledger says, by currency, and what is claimed of it today.

    ``overdue + not_due + other - credits = balance``, the receivable balance of the ledger, in each currency. The claim
    is that of the letters: principal, penalties and indemnity of the instalments past due, net of credits.
    Computed for one form, never for lists.

    ``account`` is a list of dicts, one a currency: ``currency_id``, these amounts, ``pending``, ``disputed`` and
    ``brackets``, a list of dicts ``label amount move_ids``. ``instalments`` is what the widget of that name shows,
    ``warning`` the legal rate that is missing.
    """

    _inherit = "relance.debtor"

    # The row itself is guarded: whoever may read it reads its figures.
    account = fields.Json(compute="_compute_account", compute_sudo=True)
    instalments = fields.Json("Open Invoices", compute="_compute_account", compute_sudo=True)
    warning = fields.Char(compute="_compute_account", compute_sudo=True)

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_account(self):
        for debtor in self:
            rows = debtor._get_open_rows()
            claims, warning = debtor._get_late_claims(rows)
            debtor.account = debtor._prepare_account(rows, claims)
            debtor.instalments = debtor._prepare_instalments(rows)
            debtor.warning = warning

    def _get_day(self):
        self.ensure_one()
        return self.env["relance.engine"]._today(self.company_id)

    # === FACTS === #

    def _get_open_rows(self):
        """Return the open instalments, net of payments in progress and credits, with the decision about each."""
        self.ensure_one()
        engine = self.env["relance.engine"]
        reading = Reading(self.company_id, self._get_day(), self.partner_id.ids, automatic=True)
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH %s
                SELECT line_id, move_id, currency_id, due, residual, pending, credit_share, net, held
                  FROM netted ORDER BY due, line_id
                """,
                engine._sql_netted(reading),
            )
        )
        by_line = {decision.line_id: decision for decision in engine._fetch_decisions(reading)}
        return [row | {"decided": by_line[row["line_id"]]} for row in rows]

    def _get_late_claims(self, rows):
        """Return ``({instalment id: Claim} of what is past due, what rate is missing or False)``."""
        today = self._get_day()
        late = [row["line_id"] for row in rows if row["due"] < today]
        claims = self.env["relance.engine"]._get_claims(Reading(self.company_id, today), late)
        return claims.by_line, next(iter(claims.missing.values()), False)

    def _get_other_entries(self):
        """Return ``{currency id: (credits, other debits)}`` of the receivable lines that are no instalment to dun."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.currency_id,
                       -COALESCE(SUM(LEAST(line.amount_residual_currency, 0)), 0),
                       COALESCE(SUM(GREATEST(line.amount_residual_currency, 0)), 0)
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN account_account account ON account.id = line.account_id
                                              AND account.account_type = 'asset_receivable'
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.company_id = %s AND line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
                   AND partner.commercial_partner_id = %s
                   AND NOT (%s)
              GROUP BY line.currency_id
                """,
                self.company_id.id,
                self.partner_id.id,
                OPEN_ITEM,
            )
        )
        return {currency_id: (credit, other) for currency_id, credit, other in rows}

    # === WHAT IS SHOWN === #

    def _prepare_account(self, rows, claims):
        """Return the figures by currency, that of the company first; a debtor who owes nothing has one of zeros."""
        others = self._get_other_entries()
        company_currency = self.company_id.currency_id.id
        currency_ids = {row["currency_id"] for row in rows} | set(others) or {company_currency}
        return [
            self._prepare_currency(
                currency_id,
                [row for row in rows if row["currency_id"] == currency_id],
                [claim for claim in claims.values() if claim.currency_id == currency_id],
                *others.get(currency_id, (0, 0)),
            )
            for currency_id in sorted(
                currency_ids, key=lambda currency_id: (currency_id != company_currency, currency_id)
            )
        ]

    def _prepare_currency(self, currency_id, rows, claims, credit, other):
        today = self._get_day()
        late = [row for row in rows if row["due"] < today]
        figures = {
            "overdue": sum(row["residual"] for row in late),
            "not_due": sum(row["residual"] for row in rows if row["due"] >= today),
            "other": other,
            "credits": credit,
            "balance": sum(row["residual"] for row in rows) + other - credit,
            "pending": sum(row["pending"] for row in rows),
            "disputed": sum(self._get_disputed(row) for row in late),
            "principal": sum(claim.principal for claim in claims),
            "penalty": sum(claim.accrual.penalty for claim in claims),
            "indemnity": sum(claim.indemnity for claim in claims),
        }
        figures["total"] = figures["principal"] + figures["penalty"] + figures["indemnity"]
        currency = self.env["res.currency"].browse(currency_id)
        return {
            "currency_id": currency_id,
            "brackets": self._prepare_brackets(rows, today),
            **{name: currency.round(float(amount)) for name, amount in figures.items()},
        }

    @api.model
    def _get_disputed(self, row):
        """Return what of an instalment the debtor disputes, or is suspended: a part, or the whole."""
        reason = self.env["relance.engine"]._get_reasons()[row["decided"].reason]
        return row["net"] if reason.disputes else row["held"]

    def _prepare_brackets(self, rows, today):
        """Return the aged balance of the open instalments; its amounts add up to overdue and not due."""
        labels = [
            self.env._("Not due"),
            *(
                self.env._("%(first)s to %(last)s days", first=first + 1, last=last)
                for first, last in zip(BRACKETS, BRACKETS[1:], strict=False)
            ),
            self.env._("%s days and more", BRACKETS[-1] + 1),
        ]
        brackets = [{"label": label, "amount": 0.0, "move_ids": []} for label in labels]
        for row in rows:
            days = (today - row["due"]).days
            bracket = brackets[sum(days > last for last in BRACKETS)]
            bracket["amount"] += float(row["residual"])
            bracket["move_ids"].append(row["move_id"])
        for bracket in brackets:
            bracket["amount"] = round(bracket["amount"], 2)
            bracket["move_ids"] = sorted(set(bracket["move_ids"]))
        return brackets

    def _prepare_instalments(self, rows):
        """Return the rows of the table of open invoices: amount left, and the next decision with its reason."""
        engine, today = self.env["relance.engine"], self._get_day()
        moves = {move.id: move for move in self.env["account.move"].browse({row["move_id"] for row in rows})}
        return [
            {
                "move_id": row["move_id"],
                "invoice": moves[row["move_id"]].name,
                "due": fields.Date.to_string(row["due"]),
                "days_late": max(0, (today - row["due"]).days),
                "amount": float(row["net"]),
                "currency_id": row["currency_id"],
                "level": "",
                "claimed": row["due"] < today,
                "why": engine._explain_rows(moves[row["move_id"]], [row["decided"]])["message"],
            }
            for row in rows
        ]
