from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ...tools.bulk_sql import insert_rows, reserve_ids
from ...tools.due_date import DUE_DATE
from ...tools.reading import Reading
from ..notice.relance_notice_draft import MONEY
from ..notice.relance_notice_postal import effective_deadline


class ResCompany(models.Model):
    """Taking history over: what was sent before dunning was done here, written as facts that are no notices of ours.

    A *step* is a dict: ``line`` (of the file, or rank), ``invoice`` (number), ``level`` (text, or id in ``level_id``),
    ``date``, ``due``, ``posted_date``, ``presented_date`` (dates or None), ``problem`` (a sentence, when reading found
    one). ``_plan_takeover`` answers with one dict an instalment, ``_take_over`` writes them.
    """

    _inherit = "res.company"

    def _relance_plan_takeover(self, steps):
        """Find the instalment and the level of each step, and say what is wrong with it. Nothing is written.

        :return: list of dicts ``line invoice level date posted_date presented_date``, and ``outcome``: ``ok`` (with
            ``move_id line_id level_id``), ``settled`` (nothing is left to dun) or ``problem`` (with ``message``)
        """
        self.env.flush_all()
        found = defaultdict(list)
        rows = self.env.execute_query_dict(self._relance_query_takeover({step["invoice"] for step in steps}))
        for row in rows:
            found[row["invoice"]].append(row)
        context = {
            "company": self,
            "today": self._relance_today(),
            "levels": self._relance_get_levels_by_calendar(),
            "known": self._relance_get_known_steps([row["line_id"] for row in rows]),
            "seen": {},
        }
        return [plan for step in steps for plan in self._relance_plan_step(step, found[step["invoice"]], context)]

    def _relance_query_takeover(self, names):
        """Return the query of the instalments of the invoices called ``names``, oldest first."""
        return SQL(
            """
            SELECT move.name AS invoice, move.id AS move_id, move.invoice_date, line.id AS line_id,
                   %(due)s AS due, line.reconciled IS TRUE AS settled, line.currency_id,
                   line.amount_currency AS amount, partner.id AS partner_id,
                   COALESCE(partner.relance_regime, 'business') AS regime, %(calendar)s AS calendar_id
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id AND line.display_type = 'payment_term'
              JOIN res_partner partner ON partner.id = move.commercial_partner_id
             WHERE move.company_id = %(company)s AND move.move_type = 'out_invoice' AND move.state = 'posted'
               AND line.amount_currency > 0 AND move.name = ANY(%(names)s)
          ORDER BY due, line.id
            """,
            company=self.id,
            due=DUE_DATE,
            calendar=self.env["relance.decision"]._sql_calendar(self, SQL("%s", self.id)),
            names=list(names),
        )

    @api.model
    def _relance_get_levels_by_calendar(self):
        """Return ``{calendar id: {name in any language, or "J+30": level}}`` of all calendars, in lower case."""
        self.env["relance.level"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT level.calendar_id, level.id, level.delay, label.value
                  FROM relance_level level CROSS JOIN LATERAL jsonb_each_text(level.name) label
                """
            )
        )
        levels = defaultdict(dict)
        for calendar_id, level_id, delay, name in rows:
            # Levels are matched by name whatever the calendars the user may open.
            level_sudo = self.env["relance.level"].sudo().browse(level_id)
            levels[calendar_id] |= {name.casefold(): level_sudo, f"j{delay:+d}": level_sudo}
        return levels

    @api.model
    def _relance_get_known_steps(self, line_ids):
        """Return ``{instalment id: {level id: state}}`` of what was sent, or is about to be."""
        known = defaultdict(dict)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line_id, level_id, state FROM relance_notice_line
                 WHERE line_id = ANY(%s) AND state IN ('draft', 'to_approve', 'ready', 'sent')
                """,
                line_ids,
            )
        )
        for line_id, level_id, state in rows:
            known[line_id][level_id] = state
        return known

    @api.model
    def _relance_plan_step(self, step, rows, context):
        """Return the plans of one step: one for each instalment it is about, or one that says what is wrong."""
        base = {name: step[name] for name in ("line", "invoice", "level", "date", "posted_date", "presented_date")}
        base |= {"move_id": None, "line_id": None, "level_id": None, "message": None}
        message = step.get("problem") or self._relance_find_takeover_fault(step, rows, context["today"])
        if message:
            return [base | {"outcome": "problem", "message": message}]
        level = self._relance_find_takeover_level(step, rows[0], context["levels"])
        if not level:
            calendar = context["levels"].get(rows[0]["calendar_id"], {})
            names = ", ".join(
                dict.fromkeys(level.name for level in sorted(calendar.values(), key=lambda level: level.delay))
            )
            message = self.env._(
                "The customer's calendar has no level %(level)s. It has: %(names)s.",
                level=step["level"],
                names=names or self.env._("none"),
            )
            return [base | {"outcome": "problem", "message": message}]
        chosen = self._relance_choose_instalments(step, rows, level)
        if not chosen:
            message = self.env._("No instalment of the invoice had come to that level on that date: check the date.")
            return [base | {"outcome": "problem", "message": message}]
        return [self._relance_plan_instalment(base | {"level_id": level.id}, row, level, context) for row in chosen]

    @api.model
    def _relance_find_takeover_fault(self, step, rows, today):
        """Return what is wrong with a step before one looks at levels, or None."""
        posted, presented = step["posted_date"], step["presented_date"]
        if not rows:
            return self.env._("No posted customer invoice has this number in the company.")
        if not step["date"]:
            return self.env._("The date of the level is missing.")
        if max(filter(None, (step["date"], posted, presented))) > today:
            return self.env._("The date lies in the future.")
        if step["date"] < rows[0]["invoice_date"]:
            return self.env._("The date is before that of the invoice.")
        if (posted and posted < step["date"]) or (presented and presented < (posted or step["date"])):
            return self.env._("A letter is written, then posted, then presented: check the dates.")
        return None

    @api.model
    def _relance_find_takeover_level(self, step, row, levels):
        """Return the level a step names: by its id, its name in any language, or its delay ("J+30")."""
        if step.get("level_id"):
            # Chosen in the dialog; those a file names are looked up the same way, no matter who takes over.
            return self.env["relance.level"].sudo().browse(step["level_id"])
        calendar = levels.get(row["calendar_id"], {})
        text = step["level"].strip().casefold()
        days = text.removeprefix("j").replace(" ", "")
        if text not in calendar and days.lstrip("+-").isdecimal():
            text = f"j{int(days):+d}"
        return calendar.get(text)

    @api.model
    def _relance_choose_instalments(self, step, rows, level):
        """Return the instalments a step is about: that of its due date, else all that had come to the level by then."""
        if step["due"]:
            return [row for row in rows if row["due"] == step["due"]]
        if len(rows) == 1:
            return rows
        return [row for row in rows if row["due"] <= step["date"] or level.kind == "preventive"]

    @api.model
    def _relance_plan_instalment(self, plan, row, level, context):
        """Return the plan of one instalment, a problem when the level cannot be taken over for it."""
        plan |= {name: row[name] for name in ("move_id", "line_id", "partner_id", "currency_id", "regime")}
        plan |= {"due": row["due"], "amount": row["amount"], "invoice_date": row["invoice_date"]}
        if row["settled"]:
            return plan | {"outcome": "settled", "message": self.env._("Settled since: there is nothing left to dun.")}
        message = None
        states = context["known"][row["line_id"]]
        earlier = context["seen"].setdefault((row["line_id"], level.id), plan["line"])
        if states.get(level.id) == "sent":
            message = self.env._("This level was sent or taken over already.")
        elif any(state != "sent" for state in states.values()):
            message = self.env._("A notice that holds it is about to be sent: cancel it first.")
        elif earlier != plan["line"]:
            message = self.env._("Line %s already gives this level for it.", earlier)
        elif level.kind != "preventive" and plan["date"] <= row["due"]:
            message = self.env._("Nothing was late on that date: check the date, or the due date.")
        return plan | {"outcome": "problem" if message else "ok", "message": message}

    def _relance_take_over(self, plans):
        """Write the plans that are ``ok`` as facts sent before, in a constant number of statements.

        No number, no seal, no message. A debtor's instalments at the same level and date share a fact.

        :return: the facts (``relance.notice``)
        """
        plans = [plan for plan in plans if plan["outcome"] == "ok"]
        if not plans:
            return self.env["relance.notice"]
        reading = Reading(self, self._relance_today())
        settlements = self.env["relance.ledger"]._get_settlements(reading, [plan["line_id"] for plan in plans])
        groups = defaultdict(list)
        for plan in plans:
            key = ("partner_id", "currency_id", "level_id", "date", "posted_date", "presented_date")
            groups[tuple(plan[name] for name in key)].append(plan)
        ids = reserve_ids(self.env, "relance_notice_id_seq", len(groups))
        # A user who takes over need not be allowed to open every calendar.
        levels = self.env["relance.level"].sudo().browse({plan["level_id"] for plan in plans}).grouped("id")
        notices, lines = [], []
        for notice_id, group in zip(ids, groups.values(), strict=True):
            facts = [self._relance_prepare_fact_line(notice_id, plan, settlements) for plan in group]
            notices.append(self._relance_prepare_fact(notice_id, group[0], levels[group[0]["level_id"]], facts))
            lines += facts
        insert_rows(self.env, "relance.notice", notices)
        insert_rows(self.env, "relance.notice.line", lines)
        facts = self.env["relance.notice"].browse(ids)
        self.env["relance.decision"]._refresh_progress(
            companies=self,
            condition=SQL("move.id IN (SELECT move_id FROM relance_notice_line WHERE notice_id = ANY(%s))", ids),
        )
        return facts

    def _relance_prepare_fact(self, notice_id, plan, level, lines):
        """Return the values of a fact taken over."""
        printed = self.env["relance.notice"]._get_deadline(plan["date"], level.deadline_days)
        return {
            "id": notice_id,
            "name": "/",
            "taken_over": True,
            "state": "sent",
            "date": plan["date"],
            "company_id": self.id,
            "currency_id": plan["currency_id"],
            "partner_id": plan["partner_id"],
            "contact_id": plan["partner_id"],
            "author_id": self.env.uid,
            "level_id": level.id,
            "kind": level.kind,
            "channel": self._relance_get_fact_channel(plan, level),
            "regime": plan["regime"],
            "printed_deadline": printed,
            "deadline": effective_deadline(plan["date"], printed, plan["presented_date"]),
            "posted_date": plan["posted_date"],
            "presented_date": plan["presented_date"],
            "credit_amount": 0,
            **{name: sum(line[name] for line in lines) for name in MONEY},
        }

    @api.model
    def _relance_get_fact_channel(self, plan, level):
        """Return how a fact was probably sent: by registered post when it was presented, else as its level says."""
        if plan["presented_date"] or level.channel_registered:
            return "registered"
        if plan["posted_date"] or level.channel_letter:
            return "letter"
        return "email" if level.channel_email else "call"

    def _relance_prepare_fact_line(self, notice_id, plan, settlements):
        """Return the values of the line of one instalment: what the ledger left open on the day, no penalties."""
        day, amount = plan["date"], Decimal(str(plan["amount"]))
        paid = sum(
            (sum_ for dated in settlements for date, sum_ in dated.get(plan["line_id"], ()) if date <= day), Decimal(0)
        )
        principal = max(Decimal(0), amount - paid)
        return {
            "notice_id": notice_id,
            "company_id": self.id,
            "currency_id": plan["currency_id"],
            "move_id": plan["move_id"],
            "line_id": plan["line_id"],
            "level_id": plan["level_id"],
            "state": "sent",
            "date": day,
            "invoice_name": plan["invoice"],
            "invoice_date": plan["invoice_date"],
            "date_maturity": plan["due"],
            "days_late": max(0, (day - plan["due"]).days),
            "amount_invoiced": amount,
            "amount_paid": amount - principal,
            "principal_amount": principal,
            "penalty_amount": Decimal(0),
            "indemnity_amount": Decimal(0),
            "total_amount": principal,
            "segments": [],
        }
