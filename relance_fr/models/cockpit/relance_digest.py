from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from ...law.holidays import is_public_holiday
from ...tools.bulk_sql import AUDIT_COLUMNS, audit_values
from ...tools.due_date import due_before
from ...tools.open_items import OPEN_ITEM_DOMAIN

# Before this hour of the reader's day nothing leaves.
FIRST_HOUR = 6

# Days after which it is forgotten that one was sent.
KEPT_DAYS = 400

# More would not be read; the link leads to all.
LINES_SHOWN = 5

ACTION = "/odoo/action-relance_fr.relance_digest_action_"

# How far ahead promises and declarations are announced.
PROMISE_DAYS = 7

CLAIM_DAYS = 30

# A failure that asks nothing of anybody is told for a week.
FAILURE_DAYS = 7


class RelanceDigest(models.Model):
    """The digest of one day (or week, named by its Monday) for one person and company: it leaves once.

    The row is made in the transaction that queues the e-mail, under a unique index: a job that is run twice or
    killed sends one. A period with nothing to say has its row too, without an e-mail.
    """

    _name = "relance.digest"
    _description = "Dunning Digest"
    _order = "id desc"
    _rec_name = "day"

    user_id = fields.Many2one("res.users", "Sent to", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    day = fields.Date(required=True, readonly=True)
    frequency = fields.Selection([("daily", "Day"), ("weekly", "Week")], required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True, help="What is newer than that counts as new.")
    sent_on = fields.Datetime(required=True, readonly=True)
    is_empty = fields.Boolean("Nothing to Say", readonly=True)
    # The head of the register when it was made: what its e-mail carries, the verification finds again.
    anchor_rank = fields.Integer("Rank It Carries", readonly=True)
    anchor_seal = fields.Char("Seal It Carries", readonly=True)

    _once = models.UniqueIndex("(user_id, company_id, day)", "This digest was sent already.")

    # === WHO GETS IT, AND WHEN === #

    @api.model
    def _cron_send(self):
        """Send the digests that are due, each in a transaction of its own."""
        companies = self.env["res.company"].search([("active", "=", True)])
        due = [(company, user) for company in companies for user in self._get_recipients(company)]
        self.env["relance.job"]._commit_progress(remaining=len(due))
        for company, user in due:
            with company._relance_standing_alone():
                self.env["relance.job"]._retrying(self._send_to, company, user)
            if not self.env["relance.job"]._commit_progress(1):
                break

    @api.model
    def _get_recipients(self, company):
        """Return who is in charge of debtors of ``company`` and wants a digest: those named on them, the accountant."""
        named = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT (relance_user_id ->> %(company)s)::int4 FROM res_partner
                 WHERE relance_user_id ? %(company)s AND relance_user_id ->> %(company)s IS NOT NULL
                """,
                company=str(company.id),
            )
        )
        users = self.env["res.users"].browse([row[0] for row in named]).exists()
        users |= company._relance_get_accountant()
        return users.filtered(
            lambda user: (
                user.active
                and not user.share
                and user.email
                and user.relance_digest != "never"
                and company in user.company_ids
                and self.env["relance.notice"].with_user(user).has_access("read")
            )
        )

    @api.model
    def _send_to(self, company, user):
        """Send ``user`` the digest of ``company`` that is due now, if any and unless it was sent.

        :return: the digest (``relance.digest``), empty when none was due
        """
        now = fields.Datetime.now()
        day = self._get_due_day(company, user, now)
        if not day:
            return self.browse()
        digest = self._create_once(company, user, day, now)
        if digest:
            digest.is_empty = not digest._get_content()
            if not digest.is_empty:
                digest._send_mail()
        return digest

    @api.model
    def _get_due_day(self, company, user, now):
        """Return the day that names the digest due at ``now`` (UTC) on the reader's clock, None when none is."""
        zone = ZoneInfo(user.tz) if user.tz else company._get_relance_timezone()
        local = fields.Datetime.context_timestamp(self.with_context(tz=zone.key), now)
        day = local.date()
        at_rest = day.weekday() > 4 or is_public_holiday(day, company._get_relance_setting("relance_holidays"))
        if local.hour < FIRST_HOUR or at_rest:
            return None
        return day if user.relance_digest == "daily" else day - timedelta(day.weekday())

    @api.model
    def _create_once(self, company, user, day, now):
        """Return the new digest of ``user`` for ``day``, empty when there is one."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_digest (user_id, company_id, day, frequency, since, sent_on,
                                            anchor_rank, anchor_seal, %(audit)s)
                SELECT %(user)s, %(company)s, %(day)s, %(frequency)s,
                       COALESCE((SELECT MAX(sent_on) FROM relance_digest
                                  WHERE user_id = %(user)s AND company_id = %(company)s), %(first)s),
                       %(now)s, register.last_rank, register.last_seal, %(written)s
                  FROM (VALUES (1)) AS once LEFT JOIN relance_register register ON register.company_id = %(company)s
           ON CONFLICT DO NOTHING RETURNING id
                """,
                user=user.id,
                company=company.id,
                day=day,
                frequency=user.relance_digest,
                first=now - timedelta(days=1 if user.relance_digest == "daily" else 7),
                now=now,
                audit=AUDIT_COLUMNS,
                written=audit_values(self.env),
            )
        )
        return self.browse([row[0] for row in rows])

    def _send_mail(self):
        """Queue the e-mail, for a colleague: test mode changes nothing about it."""
        self.ensure_one()
        values = {"auto_delete": True}
        if self.anchor_rank:
            carried = f"carried-rank={self.anchor_rank}; carried-seal={self.anchor_seal}"
            values["headers"] = repr({"X-Relance-Register": carried})
        template = self.env.ref("relance_fr.mail_template_digest", raise_if_not_found=False)
        if template:
            # The template is the administrator's, the job sends in the administrator's place.
            template.sudo().send_mail(self.id, email_values=values)
            # Nor need its reader read the jobs.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.autovacuum
    def _gc_digests(self):
        # A digest is its reader's alone; old ones of everybody go.
        self.sudo().search([("day", "<", fields.Date.today() - timedelta(days=KEPT_DAYS))]).unlink()

    # === CONTENT OF THE E-MAIL === #

    @api.model
    def _open_section(self, key):
        """Return the action that lists what the section ``key`` of the user's digest counts, as of now.

        :raises AccessError: for somebody who reads no notice
        """
        self.env["relance.notice"].check_access("read")
        last = self.search([("user_id", "=", self.env.uid), ("company_id", "=", self.env.company.id)], limit=1)
        since = last.since or fields.Datetime.subtract(fields.Datetime.now(), days=7)
        section = self._get_section(key, since)
        return {
            "type": "ir.actions.act_window",
            "name": section["title"],
            "res_model": section["records"]._name,
            "view_mode": "list,kanban,form" if section["kanban"] else "list,form",
            "views": [(section["list_view"], "list")]
            + ([(False, "kanban")] if section["kanban"] else [])
            + [(False, "form")],
            "domain": [("id", "in", section["records"].ids)],
            "context": {"create": False} | ({"group_by": section["group_by"]} if section["group_by"] else {}),
            "help": self.env._("Nothing left here."),
        }

    def _as_reader(self):
        """Return the digest as its reader sees it: rights, company, language, time zone."""
        self.ensure_one()
        user, company = self.user_id, self.company_id
        reader = self.with_user(user).with_context(
            allowed_company_ids=company.ids,
            # The card of the company may be out of the reader's sight.
            lang=user.lang or company.partner_id.sudo().lang or self.env.lang,
            tz=user.tz or company._get_relance_timezone().key,
        )
        return reader.with_company(company)

    def _get_content(self):
        """Return the sections that have something to say; see ``_prepare_section``."""
        reader = self._as_reader()
        content = []
        for key in reader._get_section_keys():
            try:
                section = reader._get_section(key, self.since)
            except AccessError:
                # What the reader may not read is not told.
                continue
            if section["records"]:
                content.append(reader._prepare_section(section))
        return content

    @api.model
    def _prepare_section(self, section):
        """Return a section to print: ``title``, ``count``, ``new``, ``url``, ``lines``, ``more`` (not shown)."""
        base = self.get_base_url()
        url = f"{base}{ACTION}{section['key']}"
        lines = [
            {
                "label": label,
                "detail": detail,
                "amount": format_amount(self.env, amount, currency) if amount is not None else "",
                "url": f"{base}/odoo/{record._name}/{record.id}",
            }
            for record, label, detail, amount, currency in section["describe"](LINES_SHOWN)
        ]
        count = section["count"]
        return {
            "key": section["key"],
            "title": section["title"],
            "count": count,
            "new": section["new"],
            "url": url,
            "lines": lines,
            "more": count - len(lines),
        }

    def _render_content(self):
        """Return the sections as HTML for an e-mail."""
        self.ensure_one()
        reader = self._as_reader()
        preferences = f"{self.get_base_url()}/odoo/my-preferences/{self.user_id.id}"
        values = {"sections": self._get_content(), "preferences": preferences}
        # A user who reads need not be allowed to read views.
        return reader.env["ir.qweb"].sudo()._render("relance_fr.digest_content", values)

    def _get_anchor_text(self):
        """Return the line that carries the head of the register, in the language of the reader."""
        self.ensure_one()
        return self._as_reader().env["relance.register"]._get_anchor_text(self.anchor_rank, self.anchor_seal)

    def _get_subject(self):
        """Return the subject of the e-mail."""
        reader = self._as_reader()
        day = format_date(reader.env, self.sent_on and fields.Datetime.context_timestamp(reader, self.sent_on).date())
        return reader.env._("Dunning of %(company)s: your digest of %(date)s", company=self.company_id.name, date=day)

    # === SECTIONS === #

    @api.model
    def _get_section_keys(self):
        """Return the keys of the sections in the order they are read: what presses first."""
        return [
            "to_approve", "failed", "replies", "answers", "to_post", "claims", "broken", "due", "disputes", "paid",
            "overdue",
        ]  # fmt: skip

    @api.model
    def _get_section(self, key, since):
        """Return the section ``key`` of the user in the current company.

        :param since: datetime after which something is new
        :return: dict ``key``, ``title``, ``records``, ``count``, ``new``, ``describe`` (function of a number of lines
            to ``[(record, label, detail, amount or None, currency)]``), ``group_by``, ``list_view``, ``kanban``
        """
        today = self.env.company._relance_today()
        defaults = {"key": key, "group_by": False, "list_view": False, "kanban": False}
        section = defaults | getattr(self, f"_get_{key}")(since, today)
        return {"count": len(section["records"])} | section

    @api.model
    def _in_charge(self, path):
        """Return the domain of what the user is in charge of; for the accountant, also what is nobody's."""
        company = Domain("company_id", "=", self.env.company.id)
        own = Domain(path, "=", self.env.uid)
        if self.env.company._relance_get_accountant() == self.env.user:
            own |= Domain(path, "=", False)
        return company & own

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
        domain = self._in_charge("user_id") & Domain("state", "=", "new")
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
        notices = self.env["relance.notice"].search(self._in_charge("user_id") & domain, order="total_amount desc, id")
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

    @api.model
    def _get_broken(self, since, today):
        domain = Domain("cancelled", "!=", True) & Domain("broken_date", "!=", False)
        commitments = self.env["relance.commitment"].search(
            self._in_charge("user_id") & domain, order="broken_date desc"
        )
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
        commitments = self.env["relance.commitment"].search(self._in_charge("user_id") & domain)

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
            self._in_charge("partner_id.relance_user_id") & domain, order="date_from, id"
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
            self._in_charge("partner_id.relance_user_id") & domain, order="declaration_deadline, id"
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

    @api.model
    def _get_paid(self, since, today):
        """Return the invoices that were dunned and on which a payment was entered since."""
        paid = dict(self.env.execute_query(self._query_paid(since)))
        mine = self._in_charge("commercial_partner_id.relance_user_id") & Domain("id", "in", list(paid))
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
        domain = (
            self._in_charge("partner_id.commercial_partner_id.relance_user_id") & OPEN_ITEM_DOMAIN & due_before(today)
        )
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
