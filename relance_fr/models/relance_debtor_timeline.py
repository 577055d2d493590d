from odoo import api, fields, models
from odoo.tools import SQL, format_amount

# What a timeline goes back to, of each kind and in all.
KIND_LIMIT, TIMELINE_LIMIT = 40, 100


class RelanceDebtor(models.Model):
    """All that happened with a debtor, the newest first: notices, calls, answers, promises, disputes, payments.

    ``timeline`` is a list of facts (``relance.debtor.facts``).
    """

    _inherit = "relance.debtor"

    timeline = fields.Json(compute="_compute_timeline")
    contact_ids = fields.Many2many("res.partner", string="Contacts", compute="_compute_contact_ids")
    notice_count = fields.Integer("Notices", compute="_compute_counts")
    call_count = fields.Integer("Calls", compute="_compute_counts")
    commitment_count = fields.Integer("Promises", compute="_compute_counts")
    hold_count = fields.Integer("Disputes and Holds", compute="_compute_counts")

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_timeline(self):
        for debtor in self:
            facts = [
                *debtor._get_notice_facts(KIND_LIMIT),
                *debtor._get_call_facts(KIND_LIMIT),
                *debtor._get_reply_facts(KIND_LIMIT),
                *debtor._get_answer_facts(),
                *debtor._get_word_facts(),
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

    # === FACTS === #

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

    def _get_word_facts(self):
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
