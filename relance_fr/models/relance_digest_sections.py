from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools.due_date import due_before
from ..tools.open_items import OPEN_ITEM_DOMAIN

# How far ahead promises and declarations are announced.
PROMISE_DAYS = 7
CLAIM_DAYS = 30
# A failure that asks nothing of anybody is told for a week.
FAILURE_DAYS = 7


class RelanceDigest(models.Model):
    """The sections of the digest: which records each counts, read with the rights of its reader.

    Every section is a method ``_get_<key>``; an override of ``_get_section_keys`` may add some.
    """

    _inherit = "relance.digest"

    @api.model
    def _get_section_keys(self):
        """Return the keys of the sections in the order they are read: what presses first."""
        return [
            "to_approve", "failed", "replies", "answers", "to_post", "claims", "broken", "due", "disputes", "paid",
            "overdue",
        ]  # fmt: skip

    @api.model
    def _get_section(self, key, since):
        """Return the section ``key`` of the user in his current company.

        :param since: datetime after which something is new
        :return: dict ``key``, ``title``, ``records``, ``count``, ``new``, ``describe`` (function of a number of lines
            to ``[(record, label, detail, amount or None, currency)]``), ``group_by``, ``list_view``, ``kanban``
        """
        today = self.env["relance.engine"]._today(self.env.company)
        defaults = {"key": key, "group_by": False, "list_view": False, "kanban": False}
        section = defaults | getattr(self, f"_get_{key}")(since, today)
        return {"count": len(section["records"])} | section

    @api.model
    def _mine(self, path):
        """Return the domain of what the user is in charge of: his own, and what is nobody's for the accountant."""
        company = Domain("company_id", "=", self.env.company.id)
        own = Domain(path, "=", self.env.uid)
        if self.env["relance.engine"]._get_accountant(self.env.company) == self.env.user:
            own |= Domain(path, "=", False)
        return company & own

    # === NOTICES === #

    @api.model
    def _get_to_approve(self, since, today):
        return self._notices(self.env._("To approve"), Domain("state", "=", "to_approve"), since)

    @api.model
    def _get_failed(self, since, today):
        told = Domain("activity_ids", "!=", False) | Domain("date", ">=", today - timedelta(days=FAILURE_DAYS))
        return self._notices(self.env._("Could not be sent"), Domain("state", "=", "failed") & told, since)

    @api.model
    def _get_to_post(self, since, today):
        return self._notices(self.env._("Letters to post"), Domain("to_post", "=", True), since)

    @api.model
    def _get_replies(self, since, today):
        reply = self.env.ref("relance_fr.mail_activity_reply")
        pending = Domain("activity_ids.activity_type_id", "=", reply.id)
        section = self._notices(self.env._("Answers received"), pending, since)
        new = section["records"].filtered(lambda notice: notice.last_reply_date and notice.last_reply_date >= since)
        return section | {"new": len(new)}

    @api.model
    def _get_answers(self, since, today):
        """Return what debtors answered on the portal and nobody examined yet."""
        domain = self._mine("user_id") & Domain("state", "=", "new")
        answers = self.env["relance.answer"].search(domain, order="id desc")
        kinds = dict(answers._fields["kind"]._description_selection(self.env))
        return {
            "title": self.env._("Answers on the portal"),
            "records": answers,
            "new": len(answers.filtered(lambda answer: answer.create_date >= since)),
            "kanban": True,
            "describe": lambda number: [
                (answer, answer.partner_id.display_name, kinds[answer.kind], answer.amount or None, answer.currency_id)
                for answer in answers[:number]
            ],
        }

    @api.model
    def _notices(self, title, domain, since):
        """Return a section of notices, the biggest claims first."""
        notices = self.env["relance.notice"].search(self._mine("user_id") & domain, order="total_amount desc, id")
        return {
            "title": title,
            "records": notices,
            "new": len(notices.filtered(lambda notice: notice.create_date >= since)),
            "list_view": self.env.ref("relance_fr.relance_notice_view_list_problem").id,
            "kanban": True,
            "describe": lambda number: [
                (
                    notice,
                    notice.partner_id.display_name,
                    notice.level_id.name,
                    notice.total_amount,
                    notice.currency_id,
                )
                for notice in notices[:number]
            ],
        }

    # === PROMISES, DISPUTES, INSOLVENCIES === #

    @api.model
    def _get_broken(self, since, today):
        domain = Domain("cancelled", "!=", True) & Domain("broken_date", "!=", False)
        commitments = self.env["relance.commitment"].search(self._mine("user_id") & domain, order="broken_date desc")
        day = fields.Datetime.context_timestamp(self, since).date()
        return self._commitments(self.env._("Broken promises"), commitments) | {
            "new": len(commitments.filtered(lambda commitment: commitment.broken_date >= day)),
            "describe": lambda number: [
                (
                    commitment,
                    commitment.partner_id.display_name,
                    self.env._("broken since %s", format_date(self.env, commitment.broken_date)),
                    commitment._get_late_amount(),
                    commitment.currency_id,
                )
                for commitment in commitments[:number]
            ],
        }

    @api.model
    def _get_due(self, since, today):
        soon = Domain("date", ">=", today) & Domain("date", "<=", today + timedelta(days=PROMISE_DAYS))
        domain = Domain("cancelled", "!=", True) & Domain("line_ids", "any", soon)
        commitments = self.env["relance.commitment"].search(self._mine("user_id") & domain)

        def due(commitment):
            return commitment.line_ids.filtered(
                lambda line: (
                    today <= line.date <= today + timedelta(days=PROMISE_DAYS) and line.state in ("due", "to_come")
                )
            )

        commitments = commitments.filtered(lambda commitment: commitment.state == "open" and due(commitment))
        commitments = commitments.sorted(lambda commitment: min(due(commitment).mapped("date")))
        return self._commitments(self.env._("Promised for the next days"), commitments) | {
            "new": len(commitments.filtered(lambda commitment: commitment.create_date >= since)),
            "describe": lambda number: [
                (
                    commitment,
                    commitment.partner_id.display_name,
                    self.env._("on %s", format_date(self.env, min(due(commitment).mapped("date")))),
                    sum(line.amount - line.paid_amount for line in due(commitment)),
                    commitment.currency_id,
                )
                for commitment in commitments[:number]
            ],
        }

    @api.model
    def _commitments(self, title, commitments):
        return {"title": title, "records": commitments}

    @api.model
    def _get_disputes(self, since, today):
        domain = Domain("reason", "=", "dispute") & Domain("resolution", "=", False) & Domain("date_from", "<=", today)
        domain &= Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        holds = self.env["relance.hold"].search(
            self._mine("partner_id.relance_user_id") & domain, order="date_from, id"
        )
        return {
            "title": self.env._("Disputes open"),
            "records": holds,
            "new": len(holds.filtered(lambda hold: hold.create_date >= since)),
            "describe": lambda number: [
                (
                    hold,
                    hold.partner_id.display_name,
                    self.env._("since %s", format_date(self.env, hold.date_from)),
                    hold.amount or (hold.move_id.amount_residual if hold.move_id else None),
                    hold.currency_id or hold.company_id.currency_id,
                )
                for hold in holds[:number]
            ],
        }

    @api.model
    def _get_claims(self, since, today):
        domain = Domain("reason", "=", "insolvency") & Domain("declared_on", "=", False)
        domain &= Domain("insolvency_outcome", "=", False)
        domain &= Domain("declaration_deadline", "<=", today + timedelta(days=CLAIM_DAYS))
        holds = self.env["relance.hold"].search(
            self._mine("partner_id.relance_user_id") & domain, order="declaration_deadline, id"
        )
        return {
            "title": self.env._("Claims to declare"),
            "records": holds,
            "new": len(holds.filtered(lambda hold: hold.create_date >= since)),
            "describe": lambda number: [
                (
                    hold,
                    hold.partner_id.display_name,
                    self.env._("to be declared by %s", format_date(self.env, hold.declaration_deadline)),
                    hold.declaration_amount or None,
                    hold.currency_id or hold.company_id.currency_id,
                )
                for hold in holds[:number]
            ],
        }

    # === MONEY === #

    @api.model
    def _get_paid(self, since, today):
        """Return the invoices that were dunned and on which a payment was entered since."""
        paid = dict(self.env.execute_query(self._query_paid(since)))
        mine = self._mine("commercial_partner_id.relance_user_id") & Domain("id", "in", list(paid))
        moves = self.env["account.move"].search(mine).sorted(lambda move: (-paid[move.id], move.id))
        return {
            "title": self.env._("Paid after a reminder"),
            "records": moves,
            "new": 0,
            "describe": lambda number: [
                (move, move.commercial_partner_id.display_name, move.name, paid[move.id], move.currency_id)
                for move in moves[:number]
            ],
        }

    @api.model
    def _query_paid(self, since):
        """Return the query of the invoices paid since: id, amount in their currency. Credit notes are no payments."""
        self.env.flush_all()
        return SQL(
            """
            SELECT owed.move_id, SUM(match.debit_amount_currency)::float8
              FROM account_partial_reconcile match
              JOIN account_move_line owed ON owed.id = match.debit_move_id AND owed.display_type = 'payment_term'
              JOIN account_move_line credit ON credit.id = match.credit_move_id
              JOIN account_move entry ON entry.id = credit.move_id AND entry.move_type <> 'out_refund'
             WHERE match.create_date >= %s AND match.debit_amount_currency > 0 AND owed.company_id = %s
               AND EXISTS (
                   SELECT FROM relance_notice_line fact JOIN relance_notice notice ON notice.id = fact.notice_id
                    WHERE fact.line_id = owed.id AND fact.state = 'sent' AND notice.kind <> 'preventive'
                      AND notice.date <= match.max_date)
          GROUP BY owed.move_id
            """,
            since,
            self.env.company.id,
        )

    @api.model
    def _get_overdue(self, since, today):
        """Return the instalments overdue, the debtors who owe most first. Credits not matched are not deducted."""
        domain = self._mine("partner_id.commercial_partner_id.relance_user_id") & OPEN_ITEM_DOMAIN & due_before(today)
        Line = self.env["account.move.line"]
        groups = [
            (partner, amount, min(line._get_relance_due_date() for line in lines), lines)
            for partner, amount, lines in Line._read_group(
                domain, ["partner_id"], ["amount_residual:sum", "id:recordset"]
            )
        ]
        groups.sort(key=lambda group: (-group[1], group[0].id))
        yesterday = fields.Datetime.context_timestamp(self, since).date() - timedelta(days=1)
        records = Line.union(*(lines for *_group, lines in groups))
        return {
            "title": self.env._("Debtors who owe most"),
            "records": records,
            "count": len(groups),
            "new": sum(oldest >= yesterday for _partner, _amount, oldest, _lines in groups),
            "group_by": ["partner_id"],
            "describe": lambda number: [
                (
                    partner,
                    partner.display_name,
                    self.env._("overdue since %s", format_date(self.env, oldest)),
                    amount,
                    self.env.company.currency_id,
                )
                for partner, amount, oldest, _lines in groups[:number]
            ],
        }
