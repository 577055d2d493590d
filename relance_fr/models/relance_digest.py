from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

from ..law.holidays import is_public_holiday

# Before this hour of the reader's day nothing leaves.
FIRST_HOUR = 6
# Days after which it is forgotten that one was sent.
KEPT_DAYS = 400


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

    # === JOB === #

    @api.model
    def _cron_send(self):
        """Send the digests that are due, each in a transaction of its own."""
        engine = self.env["relance.engine"]
        companies = self.env["res.company"].search([("active", "=", True)])
        due = [(company, user) for company in companies for user in self._get_recipients(company)]
        engine._commit_progress(remaining=len(due))
        for company, user in due:
            with engine._standing_alone(company):
                engine._retrying(self._send_to, company, user)
            if not engine._commit_progress(1):
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
        users |= self.env["relance.engine"]._get_accountant(company)
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
        digest = self._claim(company, user, day, now)
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
    def _claim(self, company, user, day, now):
        """Return the new digest of ``user`` for ``day``, empty when there is one."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_digest (user_id, company_id, day, frequency, since, sent_on,
                                            anchor_rank, anchor_seal, create_uid, create_date, write_uid, write_date)
                SELECT %(user)s, %(company)s, %(day)s, %(frequency)s,
                       COALESCE((SELECT MAX(sent_on) FROM relance_digest
                                  WHERE user_id = %(user)s AND company_id = %(company)s), %(first)s),
                       %(now)s, register.last_rank, register.last_seal, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (VALUES (1)) AS once LEFT JOIN relance_register register ON register.company_id = %(company)s
           ON CONFLICT DO NOTHING RETURNING id
                """,
                user=user.id,
                company=company.id,
                day=day,
                frequency=user.relance_digest,
                first=now - timedelta(days=1 if user.relance_digest == "daily" else 7),
                now=now,
                uid=self.env.uid,
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
            # The template is the administrator's, the job sends in his place.
            template.sudo().send_mail(self.id, email_values=values)
            # Nor need its reader read the jobs.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.autovacuum
    def _gc_digests(self):
        # A digest is its reader's alone; old ones of everybody go.
        self.sudo().search([("day", "<", fields.Date.today() - timedelta(days=KEPT_DAYS))]).unlink()
