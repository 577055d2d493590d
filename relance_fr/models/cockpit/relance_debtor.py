from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.i18n import format_list

from ...tools.open_items import OPEN_ITEM
from ...tools.reading import Reading
from ...tools.texts import translated
from ...tools.work import Work

# Types of the columns of the fields below, as JSON is read back into rows.
COLUMN_TYPES = {
    "boolean": SQL("bool"),
    "char": SQL("varchar"),
    "date": SQL("date"),
    "float": SQL("numeric"),
    "integer": SQL("int4"),
    "json": SQL("jsonb"),
    "many2one": SQL("int4"),
    "many2one_reference": SQL("int4"),
    "monetary": SQL("numeric"),
    "selection": SQL("varchar"),
}

# Aged balance: the last day late of each bracket but the last; what is not due yet comes before them.
BRACKETS = (0, 30, 60, 90)

# What a timeline goes back to, of each kind and in all.
KIND_LIMIT, TIMELINE_LIMIT = 40, 100


class RelanceDebtor(models.Model):
    """A debtor of a company: what is owed today, what is to be done first, the account.

    Nothing is stored: a row is read from the ledger and the register by one statement (``_query_debtors``). The id is
    made of the partner and the company, so that it stays the same and holds even when nothing is owed any more.
    Amounts of the row are in the company's currency, net of the debtor's credits.
    """

    _name = "relance.debtor"
    _description = "Debtor"
    _auto = False
    _order = "priority desc, overdue_amount desc, id"
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id"]
    _inherit = "relance.debtor.facts"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    user_id = fields.Many2one("res.users", "Handled by", readonly=True)
    salesperson_id = fields.Many2one("res.users", readonly=True)
    phone = fields.Char(related="partner_id.phone")
    profile_id = fields.Many2one("relance.partner.profile", readonly=True)
    paid_count = fields.Integer(related="profile_id.paid_count")
    scored = fields.Boolean(readonly=True)
    score = fields.Integer(readonly=True, aggregator="avg", help="0 (pays badly) to 100 (pays well).")
    average_delay = fields.Float("Average Delay (Days)", digits=(16, 1), readonly=True, aggregator="avg")
    overdue_amount = fields.Monetary("Overdue", readonly=True)
    not_due_amount = fields.Monetary("Not Due Yet", readonly=True)
    oldest_due = fields.Date("Oldest Due Date", readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")
    action = fields.Selection("_get_action_selection", "Next Action", readonly=True)
    action_date = fields.Date("Since", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    kinds = fields.Char("All Actions", readonly=True)
    tags = fields.Json(readonly=True)
    priority = fields.Integer(
        readonly=True,
        aggregator="max",
        help="0 to 100. The most urgent of what is to be done counts for 50 at most (a claim to declare 50, a reply "
        "45, an approval or a broken promise 40, ... a person to assign 5); the amount overdue for 25 (5 for each "
        "power of ten: 10 for 100, 15 for 1,000, 20 for 10,000); the age of the oldest instalment for 15 (all of it "
        "at 90 days); the score for 10 (the worse the debtor pays, the more; 5 without a score).",
    )
    # What the debtor calls for: a list of dicts `text` and `tone`.
    reasons = fields.Json("Why", compute="_compute_reasons")
    # The row itself is guarded: who may read it reads its figures.
    account = fields.Json(compute="_compute_account", compute_sudo=True)
    instalments = fields.Json("Open Invoices", compute="_compute_account", compute_sudo=True)
    warning = fields.Char(compute="_compute_account", compute_sudo=True)
    timeline = fields.Json(compute="_compute_timeline")
    contact_ids = fields.Many2many("res.partner", string="Contacts", compute="_compute_contact_ids")
    notice_count = fields.Integer("Notices", compute="_compute_counts")
    call_count = fields.Integer("Calls", compute="_compute_counts")
    commitment_count = fields.Integer("Promises", compute="_compute_counts")
    hold_count = fields.Integer("Disputes and Holds", compute="_compute_counts")

    # === ROWS AS THE LEDGER HAS THEM === #

    @api.model
    def _get_action_selection(self):
        return [
            (code, translated(self.env, work.label))
            for code, work in self.env["res.company"]._relance_get_works().items()
        ]

    @property
    def _table_query(self):
        rows = self.env.context.get("relance_debtor_rows")
        if isinstance(rows, Rows):
            return self._query_rows(rows)
        # Read one by one, a debtor is looked up alone.
        return self._get_companies()._relance_query_debtors(self.ids)

    @api.model
    def _query_rows(self, rows):
        """Return the query of ``rows`` as they were read by ``_read_once``."""
        columns = [
            SQL("%s %s", SQL.identifier(name), COLUMN_TYPES[field.type])
            for name, field in self._fields.items()
            if field.store and field.column_type and name != "id"
        ]
        return SQL("SELECT * FROM json_to_recordset(%s) AS debtor (id int8, %s)", str(rows), SQL(", ").join(columns))

    @api.model
    def _read_once(self):
        """Return the model on the debtors as they are now: what searches them several times reads the ledger once."""
        query = self._get_companies()._relance_query_debtors()
        [[rows]] = self.env.execute_query(SQL("SELECT COALESCE(json_agg(debtor), '[]')::text FROM (%s) debtor", query))
        return self.browse().with_context(relance_debtor_rows=Rows(rows))

    @api.model
    @api.readonly
    def web_search_read(self, *args, **kwargs):
        """Read a page of a list and how long it is, from the same rows."""
        return super(RelanceDebtor, self._read_once()).web_search_read(*args, **kwargs)

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        """Read groups and what they hold, from the same rows."""
        return super(RelanceDebtor, self._read_once()).web_read_group(*args, **kwargs)

    @api.model
    def _get_companies(self):
        """Return the companies whose debtors are shown: those selected."""
        return self.env.companies

    @api.model
    def _get(self, partner, company):
        """Return the debtor ``partner`` of ``company``; a contact leads to its commercial entity."""
        return self.browse(self.env["res.company"]._relance_get_debtor_id(partner.commercial_partner_id.id, company.id))

    @api.model
    def _get_read_group_order(self, dict_order, groupby, aggregates):
        """Put the groups of actions in the order of what presses most, not of the alphabet."""
        if list(groupby) == ["action"]:
            return "priority:max desc, action"
        return super()._get_read_group_order(dict_order, groupby, aggregates)

    # === COMPUTE METHODS === #

    @api.depends("partner_id")
    def _compute_display_name(self):
        for debtor in self:
            debtor.display_name = debtor.partner_id.display_name

    @api.depends("tags", "action")
    @api.depends_context("lang")
    def _compute_reasons(self):
        works = self.env["res.company"]._relance_get_works()
        waits = {company: self._get_company_reason(company) for company in self.company_id}
        for debtor in self:
            tags = debtor.tags or {}
            kinds = sorted(tags, key=lambda kind, first=debtor.action: (kind != first, kind))
            # A kind that no addon tells about any more is shown by its code.
            known = [(works.get(kind) or Work(kind, kind, 0, kind), tags[kind]) for kind in kinds]
            reasons = [{"text": self._get_reason_text(work, tag), "tone": work.tone} for work, tag in known]
            debtor.reasons = reasons + (waits[debtor.company_id] if "send" in tags else [])

    @api.model
    def _get_company_reason(self, company):
        """Return, as a list of reasons, what ``company`` lacks to remind its debtors; [] when it is ready."""
        lacking = company._relance_get_lacking() if company._relance_is_readiness_asked() else []
        if not lacking:
            return []
        texts = company._relance_get_lack_texts()
        titles = format_list(self.env, [texts[key][0] for key in lacking])
        return [{"text": self.env._("Company not complete: %s", titles), "tone": "warning"}]

    @api.model
    def _get_reason_text(self, work, tag):
        """Return in a few words what ``work`` there is; ``tag`` holds its first day and how many there are."""
        day = tag["day"]
        text = translated(self.env, work.undated if work.undated and not day else work.text)
        if work.dated and (day or not work.undated):
            text %= format_date(self.env, day, date_format="dd/MM" if work.dated == "short" else False)
        return f"{text} ({tag['count']})" if tag["count"] > 1 and work.counted else text

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_account(self):
        for debtor in self:
            rows = debtor._get_open_rows()
            claims, warning = debtor._get_late_claims(rows)
            debtor.account = debtor._prepare_account(rows, claims)
            debtor.instalments = debtor._prepare_instalments(rows)
            debtor.warning = warning

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_timeline(self):
        for debtor in self:
            facts = [
                *debtor._get_notice_facts(KIND_LIMIT),
                *debtor._get_call_facts(KIND_LIMIT),
                *debtor._get_reply_facts(KIND_LIMIT),
                *debtor._get_answer_facts(),
                *debtor._get_promise_facts(),
                *debtor._get_dispute_facts(),
                *debtor._get_payment_facts(),
            ]
            facts.sort(key=lambda fact: fact["moment"], reverse=True)
            debtor.timeline = facts[:TIMELINE_LIMIT]

    @api.depends("partner_id", "company_id")
    def _compute_contact_ids(self):
        for debtor in self:
            partner = debtor.partner_id.with_company(debtor.company_id)
            children = partner.child_ids.filtered(lambda child: child.phone or child.email)
            debtor.contact_ids = partner._get_relance_contact() | partner | children

    @api.depends("partner_id", "company_id")
    def _compute_counts(self):
        for debtor in self:
            same = debtor._get_same_debtor_domain()
            debtor.notice_count = self.env["relance.notice"].search_count(same)
            debtor.call_count = self.env["relance.call"].search_count(same)
            debtor.commitment_count = self.env["relance.commitment"].search_count(same)
            debtor.hold_count = self.env["relance.hold"].search_count(same)

    # === BUSINESS METHODS - ACCOUNT === #

    def _get_day(self):
        self.ensure_one()
        return self.company_id._relance_today()

    def _get_open_rows(self):
        """Return the open instalments, net of payments in progress and credits, with the decision about each."""
        self.ensure_one()
        reading = Reading(self.company_id, self._get_day(), self.partner_id.ids, automatic=True)
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH %s
                SELECT line_id, move_id, currency_id, due, residual, moved, pending, credit_share, net, held
                  FROM netted ORDER BY due, line_id
                """,
                self.env["relance.ledger"]._sql_netted(reading),
            )
        )
        by_line = {decision.line_id: decision for decision in self.env["relance.decision"]._fetch_decisions(reading)}
        return [row | {"decided": by_line[row["line_id"]]} for row in rows]

    def _get_late_claims(self, rows):
        """Return ``({instalment id: Claim} of what is past due, what rate is missing or False)``."""
        today = self._get_day()
        late = [row["line_id"] for row in rows if row["due"] < today]
        claims = self.env["relance.claim"]._get_claims(Reading(self.company_id, today), late)
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
        # What carries an instalment on is that instalment.
        other -= sum(row["moved"] for row in rows)
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
        reason = self.env["relance.decision"]._get_reasons()[row["decided"].reason]
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
        today = self._get_day()
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
                "why": self.env["relance.decision"]._explain_rows(moves[row["move_id"]], [row["decided"]])["message"],
            }
            for row in rows
        ]

    # === BUSINESS METHODS - TIMELINE === #

    def _get_answer_facts(self):
        """Return what the debtor answered on the portal."""
        answers = self.env["relance.answer"]
        if not answers.has_access("read"):
            return []
        answers = answers.search(self._get_same_debtor_domain(), limit=KIND_LIMIT)
        kinds = dict(answers._fields["kind"]._description_selection(self.env))
        return [
            {
                "date": fields.Date.to_string(fields.Datetime.context_timestamp(self, answer.create_date).date()),
                "moment": fields.Datetime.to_string(answer.create_date),
                "icon": "fa-comment-o",
                "title": self.env._("On the portal: %s", kinds[answer.kind]),
                "text": answer.note or "",
                "tone": "info",
                "model": "relance.answer",
                "id": answer.id,
            }
            for answer in answers
        ]

    def _get_promise_facts(self):
        """Return the promises and plans, on the day they were made and on the day the ledger decided about them."""
        commitments = self.env["relance.commitment"].search(self._get_same_debtor_domain(), limit=KIND_LIMIT)
        outcomes = dict(commitments._fields["outcome"]._description_selection(self.env))
        facts = []
        for commitment in commitments:
            made = self._get_commitment_fact(commitment)
            facts.append(self._at_noon(made | {"tone": "muted" if commitment.cancelled else made["tone"]}))
            if commitment.outcome:
                kept = commitment.outcome == "kept"
                decided = {
                    "date": fields.Date.to_string(commitment.outcome_date),
                    "icon": "fa-check" if kept else "fa-times",
                    "title": outcomes[commitment.outcome],
                    "tone": "success" if kept else "danger",
                }
                facts.append(self._at_noon(made | decided | {"text": commitment.name}))
        return facts

    def _get_dispute_facts(self):
        """Return the holds, disputes and insolvencies, on their first day and on the day a dispute was settled."""
        holds = self.env["relance.hold"].search(self._get_same_debtor_domain(), limit=KIND_LIMIT)
        resolutions = dict(holds._fields["resolution"]._description_selection(self.env))
        facts = []
        for hold in holds:
            begun = self._get_hold_fact(hold)
            facts.append(self._at_noon(begun))
            if hold.resolved_on:
                settled = {
                    "date": fields.Date.to_string(hold.resolved_on),
                    "icon": "fa-gavel",
                    "title": self.env._("Dispute settled"),
                    "text": resolutions[hold.resolution],
                    "tone": "info",
                }
                facts.append(self._at_noon(begun | settled))
        return facts

    @api.model
    def _at_noon(self, fact):
        """Return ``fact`` with a moment, where only its day is known."""
        return fact | {"moment": f"{fact['date']} 12:00:00"}

    def _get_payment_facts(self):
        """Return the payments and credit notes booked for the debtor, matched or not, at the day of their entry."""
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT move.id, move.name, move.date, line.currency_id, -SUM(line.amount_currency) AS amount,
                       CASE WHEN move.move_type = 'out_refund' THEN 'refund'
                            WHEN move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL
                                 OR journal.type IN ('bank', 'cash', 'credit') THEN 'payment'
                            ELSE 'entry' END AS kind
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN account_journal journal ON journal.id = move.journal_id
                  JOIN account_account account ON account.id = line.account_id
                                              AND account.account_type = 'asset_receivable'
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.company_id = %s AND line.parent_state = 'posted' AND line.amount_currency < 0
                   AND partner.commercial_partner_id = %s
              GROUP BY move.id, line.currency_id, journal.type
              ORDER BY move.date DESC, move.id DESC LIMIT %s
                """,
                self.company_id.id,
                self.partner_id.id,
                KIND_LIMIT,
            )
        )
        titles = {
            "refund": self.env._("Credit note"),
            "payment": self.env._("Payment received"),
            "entry": self.env._("Credit entered"),
        }
        return [self._prepare_payment_fact(row, titles[row["kind"]]) for row in rows]

    def _prepare_payment_fact(self, row, title):
        amount = format_amount(self.env, float(row["amount"]), self.env["res.currency"].browse(row["currency_id"]))
        return self._at_noon(
            {
                "date": fields.Date.to_string(row["date"]),
                "icon": "fa-money" if row["kind"] == "payment" else "fa-file-text-o",
                "title": title,
                "text": f"{amount} – {row['name']}",
                "tone": "success",
                "model": "account.move",
                "id": row["id"],
            }
        )

    # === ACTION METHODS - WORK LIST AND NEXT ACTION === #

    @api.model
    def action_open_work(self):
        """Open the work list: the user's own debtors when the user handles some, else everybody's."""
        action = self.env["ir.actions.act_window"]._for_xml_id("relance_fr.relance_debtor_action_work")
        return action | {"context": {"search_default_mine": 1} if self._handles_debtors() else {}}

    @api.model
    def _handles_debtors(self):
        # A company's own setting on the card, that people outside accounting do not read.
        partners_sudo = self.env["res.partner"].sudo()
        return any(
            partners_sudo.with_company(company).search_count(Domain("relance_user_id", "=", self.env.uid), limit=1)
            for company in self._get_companies()
        )

    def action_open(self):
        """Open the debtor's account."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.partner_id.display_name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("relance_fr.relance_debtor_view_form").id, "form")],
        }

    def action_do(self):
        """Open the very place where the next action of the debtor is done.

        Somebody may have done it meanwhile: then the list is read again.
        """
        self.ensure_one()
        self.check_access("read")
        if not self.action:
            return self._get_done_notice()
        return self._get_openers().get(self.action, self._open_record)()

    def _get_done_notice(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Nothing is left to do about %s.", self.partner_id.display_name),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_openers(self):
        """Return ``{action: method that opens its place}``; the others open their record. An override adds some."""
        return {
            "call": self._open_call,
            "send": self.action_remind,
            "address": self._open_address,
            "calendar": self._open_partner,
            "assign": self._open_assignment,
            "decide": self._open_decision,
        }

    def _open_record(self):
        """Open the record the action is about."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    def _open_call(self):
        return self.env[self.res_model].browse(self.res_id).action_relance_log_call()

    def _open_address(self):
        """Open the card whose address is at fault: the addressee's of the notice, else the debtor's."""
        partner = self.partner_id
        if self.res_model == "relance.notice":
            partner = self.env["relance.notice"].browse(self.res_id).contact_id or partner
        else:
            partner = partner.with_company(self.company_id)._get_relance_contact() or partner
        return self._open_partner(partner)

    def _open_decision(self):
        """Open the refusal to decide about, else the account."""
        return self._open_record() if self.res_model == "relance.call" else self.action_open()

    def _open_partner(self, partner=None):
        return self._in_company(
            {
                "type": "ir.actions.act_window",
                "res_model": "res.partner",
                "res_id": (partner or self.partner_id).id,
                "views": [(False, "form")],
            }
        )

    def _open_assignment(self):
        """Open the dialog that says who handles the debtor in this company."""
        if not self.partner_id.has_access("write"):
            raise UserError(self.env._("Ask somebody who may edit customers to say who handles this one."))
        return self._open_partner() | {
            "name": self.env._("Assign a Person"),
            "views": [(self.env.ref("relance_fr.res_partner_view_form_assign").id, "form")],
            "target": "new",
        }

    def _in_company(self, action):
        """Return ``action`` with the debtor's company first: settings of a card are those of the current company."""
        companies = self.company_id | self.env.companies
        return action | {"context": {"allowed_company_ids": companies.ids}}

    # === ACTION METHODS - ABOUT THE DEBTOR === #

    def _get_open_moves(self):
        """Return the debtor's invoices of the company that are not paid, the oldest first."""
        self.ensure_one()
        return self.env["account.move"].search(
            self.partner_id._get_relance_open_domain() & Domain("company_id", "=", self.company_id.id),
            order="invoice_date_due, id",
        )

    def _get_late_moves(self):
        self.ensure_one()
        return self.partner_id._get_relance_late_moves(self.company_id)

    def _check_may_act(self):
        if not self.env["relance.call"].has_access("create"):
            raise UserError(self.env._("Only people in charge of invoicing do this. Ask one of them."))

    def action_remind(self):
        """Open the dialog that sends a reminder about what is late, else about what is open."""
        self._check_may_act()
        moves = self._get_late_moves() or self._get_open_moves()
        if not moves:
            raise UserError(self.env._("No open invoice to dun."))
        return moves.action_relance_send()

    def action_log_call(self):
        """Open the dialog to log a call."""
        self.ensure_one()
        return self.partner_id._get_relance_call_dialog(self.company_id)

    def action_promise(self):
        """Open the form of a promise to pay what is late, in one payment whose day is to enter; more make a plan."""
        self._check_may_act()
        moves = self._get_late_moves() or self._get_open_moves()
        if not moves:
            raise UserError(self.env._("No open invoice to promise anything about."))
        return self.partner_id._get_relance_promise_dialog(self.company_id, moves, self.env._("Record a Promise"))

    def action_hold(self):
        """Open the form that suspends dunning of the debtor, or enters a dispute."""
        self._check_may_act()
        return self.partner_id._get_relance_dialog(
            self.company_id, "relance.suspension", self.env._("Suspend Dunning"), default_move_id=False
        )

    def action_insolvency(self):
        """Open the dialog that enters insolvency proceedings; the running ones when there are some."""
        self._check_may_act()
        return self.partner_id.with_company(self.company_id).action_relance_insolvency()

    def action_open_partner(self):
        """Open the customer's card."""
        self.ensure_one()
        return self._open_partner()

    def action_open_invoices(self):
        """Show what the debtor has not paid."""
        return self._get_list("account.action_move_out_invoice_type", Domain("id", "in", self._get_open_moves().ids))

    def action_open_notices(self):
        """Show the notices, the newest first."""
        return self._get_list("relance_fr.relance_notice_action", self._get_same_debtor_domain())

    def action_open_calls(self):
        """Show the calls with the debtor."""
        action = self._get_list("relance_fr.relance_call_action", self._get_same_debtor_domain())
        return action | {"context": {"relance_one_debtor": True}}

    def action_open_commitments(self):
        """Show the promises and plans."""
        return self._get_list("relance_fr.relance_commitment_action", self._get_same_debtor_domain())

    def action_open_holds(self):
        """Show the disputes and suspensions."""
        return self._get_list("relance_fr.relance_hold_action", self._get_same_debtor_domain())

    def _get_list(self, xml_id, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return action | {"domain": list(domain), "context": {}}


class Rows(str):
    """Rows of debtors as JSON. A class of its own: a client cannot put one into its context."""

    __slots__ = ()
