from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.reading import Reading
from ...tools.roles import sql_belongs, sql_present, sql_reachable


class ResCompany(models.Model):
    """The daily job in a company: decide, draft, seal; approvals nobody gave in time; test mode."""

    _inherit = "res.company"

    relance_roles_told = fields.Json(copy=False, groups="base.group_system")

    def _relance_escalate_company(self):
        """Decide, draft and seal what is due today in the company. Run again the same day, it finds nothing to do.

        :return: the run (``relance.run``), empty when nothing was due
        """
        today = self._relance_today()
        self._relance_refresh_passed(today)
        self._relance_tell_vacant_roles()
        if not self._relance_has_started(today):
            return self.env["relance.run"]
        if self._get_relance_setting("relance_test_email"):
            return self._relance_escalate_trial(today)
        self._relance_apply_approval_deadline(today)
        self._relance_withdraw_letters()
        reasons = self._relance_get_reasons_today(today)
        if "due" not in reasons and "bank_not_up_to_date" in reasons:
            self._relance_warn_of_bank(self._relance_get_bank_state(today))
        if "not_ready" in reasons:
            self._relance_warn_not_ready()
        if not reasons & {"due", "no_address"}:
            return self.env["relance.run"]
        run = self.env["relance.run"]._create_automatic(self, today)
        run._decide(by_hand=False)
        run._fail_unreachable()
        notices = run._draft(approved=False)
        # Where a run stands is no user's to write.
        run.sudo().state = "confirmed"
        # Asked for with the drafts themselves: a job that ends here leaves nobody in the dark.
        run._ask_approval()
        # It is the system's to close.
        run.sudo()._close_if_done()
        self.env["relance.job"]._commit_progress()
        drafts = notices.filtered(lambda notice: notice.state == "draft")
        if run._seals_at_once(drafts):
            drafts._seal(commit=self.env["relance.job"]._commit_progress)
        # A user who starts the escalation need not read the jobs.
        self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger()
        return run

    # === ROLES OF PEOPLE WHO LEFT === #

    def _relance_tell_vacant_roles(self):
        """Tell the accountant of the company, once each, which roles are still held by somebody who left.

        The next in the chain fills them meanwhile (``_relance_choose_person``, ``_get_relance_contact``).

        :return: the sentences told now
        """
        vacant = self._relance_get_vacant_roles()
        # What was told is the system's to remember.
        company_sudo = self.sudo()
        told = company_sudo.relance_roles_told or []
        news = [sentence for key, sentence in vacant.items() if key not in told]
        if list(vacant) != told:
            company_sudo.relance_roles_told = list(vacant)
        if news:
            self._relance_warn_accountant(
                self.env._("Choose somebody else: people who left still have a role in dunning."), "\n".join(news)
            )
        return news

    def _relance_get_vacant_roles(self):
        """Return ``{key: sentence}`` of the roles in the company held by who is archived, or belongs elsewhere now."""
        self.env.flush_all()
        rows = [
            ("signatory", None, self._get_relance_setting("relance_signatory_id").id, self._relance_get_signatory()),
            ("contact", None, self._get_relance_setting("relance_contact_id").id, self._relance_get_contact()),
        ]
        rows = [(role, holder, person) for role, holder, person, present in rows if person and not present]
        rows += self.env.execute_query(self._relance_query_vacant_roles())
        # The names of people of other companies, or archived, need not be readable.
        users, partners = self.env["res.users"].sudo(), self.env["res.partner"].sudo()
        # Nor calendars and holds, which the job reads for every company.
        levels, holds = self.env["relance.level"].sudo(), self.env["relance.hold"].sudo()
        texts = {
            "signatory": lambda _holder, person: self.env._(
                "%s signs the letters: formal ones wait until somebody else is chosen.", users.browse(person).name
            ),
            "contact": lambda _holder, person: self.env._(
                "%s is the contact of the letters: they name the company.", partners.browse(person).name
            ),
            "handler": lambda holder, person: self.env._(
                "%(person)s handles %(debtor)s: its work goes to the accountant.",
                person=users.browse(person).name,
                debtor=partners.browse(holder).display_name,
            ),
            "debtor_contact": lambda holder, person: self.env._(
                "%(person)s is the dunning contact of %(debtor)s: its letters go to its dunning or invoice address.",
                person=partners.browse(person).name,
                debtor=partners.browse(holder).display_name,
            ),
            "escalation": lambda holder, person: self.env._(
                "%(person)s is an escalation contact of %(debtor)s: no copy goes there.",
                person=partners.browse(person).name,
                debtor=partners.browse(holder).display_name,
            ),
            "copy": lambda holder, person: self.env._(
                "%(person)s is in copy of %(level)s: no copy goes there.",
                person=partners.browse(person).name,
                level=levels.browse(holder).display_name,
            ),
            "responsible": lambda holder, person: self.env._(
                "%(person)s deals with a hold of %(debtor)s: its work goes to the next in charge.",
                person=users.browse(person).name,
                debtor=holds.browse(holder).partner_id.display_name,
            ),
        }
        return {f"{role}:{holder or ''}:{person}": texts[role](holder, person) for role, holder, person in rows}

    def _relance_query_vacant_roles(self):
        """Return the query of the roles given on debtors, levels and holds: role, holder id, id of who left."""
        company = SQL("%s", self.id)
        handler = SQL("(debtor.relance_user_id ->> %s::text)::int4", self.id)
        return SQL(
            """
            SELECT 'handler' AS role, debtor.id AS holder, %(handler)s AS person FROM res_partner debtor
             WHERE debtor.active AND %(handler)s IS NOT NULL AND NOT %(handler_here)s
             UNION ALL
            SELECT 'debtor_contact', debtor.id, contact.id
              FROM res_partner debtor
              JOIN res_partner contact ON contact.id = (debtor.relance_contact_id ->> %(company)s::text)::int4
             WHERE debtor.active AND NOT %(contact_belongs)s
             UNION ALL
            SELECT 'escalation', debtor.id, contact.id
              FROM relance_escalation_rel link
              JOIN res_partner debtor ON debtor.id = link.partner_id AND debtor.active
              JOIN res_partner contact ON contact.id = link.contact_id
             WHERE NOT %(contact_belongs)s
               AND EXISTS (SELECT FROM account_move move
                            WHERE move.commercial_partner_id = debtor.id AND move.company_id = %(company)s
                              AND move.move_type = 'out_invoice')
             UNION ALL
            SELECT 'copy', level.id, contact.id
              FROM relance_level_cc_partner_rel link
              JOIN relance_level level ON level.id = link.level_id
              JOIN relance_calendar calendar ON calendar.id = level.calendar_id AND calendar.active
              JOIN res_partner contact ON contact.id = link.partner_id
             WHERE COALESCE(calendar.company_id, %(company)s) = %(company)s AND NOT %(reachable)s
             UNION ALL
            SELECT 'responsible', hold.id, hold.responsible_id
              FROM relance_hold hold
             WHERE hold.company_id = %(company)s AND hold.responsible_id IS NOT NULL AND NOT %(responsible_here)s
               AND hold.date_from <= %(today)s AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
          ORDER BY 1, 2, 3
            """,
            company=company,
            handler=handler,
            handler_here=sql_present(handler, company),
            contact_belongs=sql_belongs(SQL("contact"), SQL("debtor.commercial_partner_id")),
            reachable=sql_reachable(SQL("contact")),
            responsible_here=sql_present(SQL("hold.responsible_id"), company),
            today=self._relance_today(),
        )

    # === DECIDE, DRAFT, SEAL === #

    def _relance_get_reasons_today(self, today):
        """Return the reasons about the instalments whose level has come to its date: most days there is nothing.

        That no address can be used is left out where the person in charge was told already at this level.
        """
        self.env.flush_all()
        reading = Reading(self, today, automatic=True)
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT reason FROM (%s) decided WHERE %s AND (reason <> 'no_address' OR NOT %s)",
                self.env["relance.decision"]._query_decision(reading),
                self.env["relance.decision"]._sql_comes_today(reading),
                self.env["relance.notice"]._sql_told(SQL("decided")),
            )
        )
        return {row[0] for row in rows}

    def _relance_apply_approval_deadline(self, today):
        """Send, or let lapse, what nobody approved in time, as the company chose. Called by the daily job.

        :return: the notices whose time had passed
        """
        days = self._get_relance_setting("relance_approval_days")
        if not days:
            return self.env["relance.notice"]
        late = self.env["relance.notice"].search(
            Domain("company_id", "=", self.id)
            & Domain("state", "=", "to_approve")
            & Domain("date", "<", today - timedelta(days=days - 1))
        )
        if late and self._get_relance_setting("relance_approval_expiry") == "send":
            late._release_unapproved(days)
        elif late:
            late._cancel_unapproved(self, today, days)
        return late

    def _relance_escalate_trial(self, today):
        """Test what the daily job would send today in the company, each level of an instalment once.

        :return: the run (``relance.run``) that remembers it, empty when there is nothing new
        """
        if "due" not in self._relance_get_reasons_today(today):
            return self.env["relance.run"]
        run = self.env["relance.run"]._create_automatic(self, today)
        # What a run is, is no user's to write.
        run.sudo().is_test = True
        run._decide(by_hand=False)
        run._forget_tried()
        if not run.line_ids.filtered("selected"):
            run.unlink()
            return self.env["relance.run"]
        run._send_trial()
        return run
