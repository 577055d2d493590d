from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...law.mentions import FORMAL_KINDS
from ...tools.bulk_sql import update_rows
from ...tools.channels import PAPER, sql_addresses, sql_lettered
from ...tools.due_date import DUE_DATE
from ...tools.reading import Purpose, Reading
from ...tools.roles import sql_belongs, sql_present, sql_reachable

MONEY = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount")


class RelanceNotice(models.Model):
    """A notice before it enters the register: approval, copies, what it would lack, its figures of the day.

    Facts taken over from another tool are notices as well: they can be undone.
    """

    _inherit = "relance.notice"

    author_id = fields.Many2one(
        "res.users", string="Made by", readonly=True, copy=False, help="Who confirmed it; OdooBot for the daily job."
    )
    approved_by = fields.Many2one("res.users", readonly=True, copy=False)
    approved_on = fields.Datetime(readonly=True, copy=False)
    cancelled_until = fields.Date(
        "Nothing Until",
        readonly=True,
        copy=False,
        help="A person cancelled it: the daily job makes no other notice of its invoices up to this day.",
    )
    lapsed_on = fields.Date(readonly=True, copy=False, help="The day on which nobody had approved it in time.")
    can_approve = fields.Boolean(
        string="Mine to Approve", compute="_compute_can_approve", search="_search_can_approve", compute_sudo=False
    )
    taken_over = fields.Boolean(
        readonly=True, copy=False, help="Sent before dunning was done here: no number, no seal, nothing to post."
    )
    origin_badge = fields.Selection(
        [("taken_over", "Taken over")],
        string="Origin",
        compute="_compute_origin_badge",
        help="Where the row comes from.",
    )

    _taken_over_has_no_seal = models.Constraint(
        "CHECK (taken_over IS NOT TRUE OR (seal IS NULL AND name = '/'))",
        "What was taken over has neither number nor seal.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "author_id", "kind", "company_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        approver = self.env.user.has_group("relance_fr.group_relance_approver")
        for notice in self:
            notice.can_approve = notice.state == "to_approve" and (
                not notice._needs_two_persons() or (approver and notice.author_id != self.env.user)
            )

    def _search_can_approve(self, operator, value):
        if operator != "in":
            return NotImplemented
        two_person = self.env["res.company"]._get_relance_concerned("relance_two_person")
        formal = Domain("company_id", "in", two_person.ids) & Domain("kind", "in", FORMAL_KINDS)
        mine = ~formal
        if self.env.user.has_group("relance_fr.group_relance_approver"):
            mine |= Domain("author_id", "!=", self.env.uid)
        mine &= Domain("state", "=", "to_approve")
        return (mine if True in value else Domain.FALSE) | (~mine if False in value else Domain.FALSE)

    @api.depends("taken_over")
    def _compute_origin_badge(self):
        for notice in self:
            notice.origin_badge = notice.taken_over and "taken_over"

    # === BUSINESS METHODS - APPROVAL === #

    def _needs_two_persons(self):
        """Tell whether somebody else than its author must approve the notice."""
        self.ensure_one()
        return self.kind in FORMAL_KINDS and self.company_id._get_relance_setting("relance_two_person")

    def _approve(self):
        """Let the notices go that wait for a person, on behalf of the user.

        They are sealed now, or stay drafts until the hours or the cap of their company let them.

        :raises UserError: when the two-person rule does not let this user approve one of them
        """
        self._check_approver()
        self.company_id._relance_refuse_in_test_mode()
        for company, batch in self.grouped("company_id").items():
            batch._check_notices_ready(company)
        asked = self.filtered(lambda notice: notice.state == "to_approve")
        now = fields.Datetime.now()
        update_rows(
            self.env,
            "relance.notice",
            {notice.id: {"approved_by": self.env.uid, "approved_on": now} for notice in asked},
        )
        asked._set_state("draft")
        # What may still be called back is sealed in its turn.
        for company, batch in (self - self._get_recallable()).grouped("company_id").items():
            if company._relance_get_cap_left() is None and company._relance_is_window_open():
                batch._seal()
            else:
                company._relance_wake_at_next_window()

    def _check_approver(self):
        """Raise a UserError unless the user may approve all of the notices."""
        formal = self.filtered(lambda notice: notice.state == "to_approve" and notice._needs_two_persons())
        if not formal:
            return
        if not self.env.user.has_group("relance_fr.group_relance_approver"):
            raise UserError(
                self.env._(
                    "Formal and final notices are approved by a dunning approver: %s. Ask one of them.",
                    formal.company_id._relance_get_approver_names(),
                )
            )
        own = formal.filtered(lambda notice: notice.author_id == self.env.user)
        if own:
            raise UserError(
                self.env._(
                    "You made %(notices)s: another approver must agree (%(names)s).",
                    notices=", ".join(own[:5].mapped("display_name")),
                    names=own.company_id._relance_get_approver_names(),
                )
            )

    def _release_unapproved(self, days):
        """Make the notices drafts that the sending job seals in their turn, and write down that nobody approved."""
        self._set_state("draft")
        body = self.env._(
            "Nobody approved within %s days: the notice leaves, as the settings of the company say.", days
        )
        self._message_log_batch(bodies={notice.id: body for notice in self})
        for company in self.company_id:
            company._relance_wake_at_next_window()

    def _cancel_unapproved(self, company, today, days):
        """Cancel the notices and tell the accountant; their levels rest before the job drafts them again."""
        update_rows(self.env, "relance.notice", {notice.id: {"lapsed_on": today} for notice in self})
        self._set_state("cancelled", self.env._("Nobody approved within %s days.", days), kind="lapsed")
        company._relance_warn_accountant(
            self.env._("Notices lapsed because nobody approved them in time."),
            # The card of the company is read by people outside accounting: it names no debtor.
            self.env._(
                "Find the %s cancelled notices in the register. They come again after the days between two notices of "
                "their calendar.",
                len(self),
            ),
        )

    # === BUSINESS METHODS - WHO IS IN COPY === #

    def _refresh_copies(self, as_of):
        """Freeze who is in copy of the notices that are not sealed yet, in one statement; none for most levels."""
        copied = self.filtered(lambda notice: notice.level_id._has_copies() or notice.email_cc)
        if not copied:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET email_cc = fresh.email_cc
                  FROM (
                        SELECT notice.id, string_agg(DISTINCT copy.email, ', ' ORDER BY copy.email) AS email_cc
                          FROM relance_notice notice
                          JOIN relance_level level ON level.id = notice.level_id
                     LEFT JOIN LATERAL (
                               SELECT candidate.email FROM (%(candidates)s) candidate WHERE %(usable)s
                               ) copy ON notice.email_to IS NOT NULL
                         WHERE notice.id = ANY(%(ids)s) AND notice.seal IS NULL
                      GROUP BY notice.id
                       ) fresh
                 WHERE relance_notice.id = fresh.id AND relance_notice.email_cc IS DISTINCT FROM fresh.email_cc
             RETURNING relance_notice.id
                """,
                candidates=self._sql_copies(),
                usable=self._sql_copy_usable(as_of),
                ids=copied.ids,
            )
        )
        copied.invalidate_recordset(["email_cc"])

    @api.model
    def _sql_copies(self):
        """Return the query of the addresses to copy on ``notice`` of ``level``. An override may add some (UNION)."""
        return SQL(
            """
            SELECT person.email_normalized AS email
              FROM relance_level_cc_partner_rel link JOIN res_partner person ON person.id = link.partner_id
             WHERE link.level_id = level.id AND %(reachable)s
             UNION
            SELECT person.email_normalized
              FROM relance_notice_line fact
              JOIN account_move move ON move.id = fact.move_id
              JOIN res_users salesperson ON salesperson.id = move.invoice_user_id AND %(present)s
              JOIN res_partner person ON person.id = salesperson.partner_id
             WHERE level.cc_salesperson AND fact.notice_id = notice.id
             UNION
            SELECT person.email_normalized
              FROM relance_escalation_rel link JOIN res_partner person ON person.id = link.contact_id
             WHERE level.cc_escalation AND link.partner_id = notice.partner_id AND %(belongs)s
             UNION
            %(others)s
            """,
            reachable=sql_reachable(SQL("person")),
            present=sql_present(SQL("salesperson.id"), SQL("notice.company_id")),
            belongs=sql_belongs(SQL("person"), SQL("notice.partner_id")),
            others=self._sql_other_addresses(),
        )

    @api.model
    def _sql_other_addresses(self):
        """Return the query of the e-mails of the addresses to which the invoices of ``notice`` were made out.

        None when there is only one, or when somebody was named to receive the notices of this debtor.
        """
        return SQL(
            """
            SELECT address.email_normalized
              FROM relance_notice_line fact
              JOIN account_move move ON move.id = fact.move_id
              JOIN res_partner address ON address.id = move.partner_id AND address.active
              JOIN res_partner contact ON contact.id = notice.contact_id
              JOIN res_partner debtor ON debtor.id = notice.partner_id
             WHERE fact.notice_id = notice.id AND address.commercial_partner_id = notice.partner_id
               AND address.type = 'invoice'
               AND contact.commercial_partner_id = notice.partner_id AND contact.type <> 'relance'
               AND COALESCE((debtor.relance_contact_id ->> notice.company_id::text)::int4, 0) <> notice.contact_id
               AND EXISTS (SELECT FROM relance_notice_line more JOIN account_move other ON other.id = more.move_id
                            WHERE more.notice_id = notice.id AND other.partner_id <> move.partner_id)
            """
        )

    @api.model
    def _sql_copy_usable(self, as_of):
        """Return whether ``candidate`` may be copied: not the addressee, not refused, not blacklisted."""
        return SQL(
            """
            candidate.email LIKE '%%@%%'
            AND candidate.email <> ALL(%(to)s)
            AND NOT EXISTS (SELECT FROM mail_blacklist barred WHERE barred.email = candidate.email AND barred.active)
            AND NOT EXISTS (
                SELECT FROM relance_notice refused
                 WHERE refused.partner_id = notice.partner_id AND refused.address_refused
                   AND refused.date <= %(as_of)s AND candidate.email = ANY(%(refused)s))
            """,
            to=sql_addresses(SQL("notice.email_to")),
            refused=sql_addresses(SQL("refused.email_to")),
            as_of=as_of,
        )

    # === BUSINESS METHODS - WHAT A NOTICE WOULD LACK === #

    def _get_notice_lacks(self, company, keys=None):
        """Return ``{notice id: [keys of what it would lack]}`` of the drafts; {} when all may leave.

        :param keys: only these keys
        """
        if not self:
            return {}
        self.env.flush_all()
        conditions = company._relance_get_lack_conditions(
            paper=sql_lettered(SQL("notice.channel"), SQL("level.with_letter")),
            mailed=SQL("(notice.email_to IS NOT NULL AND notice.with_email)"),
            kind=SQL("notice.kind"),
            currency=SQL("notice.currency_id"),
            named=self.env["res.company"]._relance_sql_named_account(
                SQL("SELECT fact.move_id FROM relance_notice_line fact WHERE fact.notice_id = notice.id")
            ),
        )
        if keys:
            conditions = {key: condition for key, condition in conditions.items() if key in keys}
        if not conditions:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, array_agg(told.key)
                  FROM relance_notice notice
                  JOIN relance_level level ON level.id = notice.level_id
            CROSS JOIN LATERAL (VALUES %s) told (key, concerned)
                 WHERE notice.id = ANY(%s) AND told.concerned
              GROUP BY notice.id
                """,
                SQL(", ").join(SQL("(%s, %s)", key, condition) for key, condition in conditions.items()),
                self.ids,
            )
        )
        return dict(rows)

    def _check_notices_ready(self, company, keys=None):
        """Raise a UserError when one of the notices would lack what makes it valid, or an address that can be read."""
        faults = [] if keys else self._find_address_faults().values()
        if faults:
            raise UserError("\n".join(dict.fromkeys(faults)))
        lacks = self._get_notice_lacks(company, keys)
        if lacks:
            told = [key for key in company._relance_get_lack_texts() if any(key in own for own in lacks.values())]
            raise UserError(
                self.env._(
                    "%(company)s is not ready to send %(count)s of these notices. %(lacks)s",
                    company=company.name,
                    count=len(lacks),
                    lacks=company._relance_get_not_ready_message(told),
                )
            )

    def _keep_ready(self, company, keys=None):
        """Return those of the notices that a job may go on with; the accountant is told once why the others wait."""
        lacks = self._get_notice_lacks(company, keys)
        if lacks:
            company._relance_warn_not_ready()
        ready = self.filtered(lambda notice: notice.id not in lacks)
        return ready - ready._wait_for_address(company)

    def _find_address_faults(self):
        """Return ``{notice id: why its letter cannot be posted}`` of those whose address is too long."""
        paper = self.filtered(lambda notice: notice.channel in PAPER)
        faults = {notice.id: notice._find_address_fault() for notice in paper}
        return {id_: fault for id_, fault in faults.items() if fault}

    def _wait_for_address(self, company):
        """Return the letters whose address does not fit on an envelope: they wait, without number, and say why."""
        faults = self._find_address_faults()
        news = {id_: {"failure_reason": fault} for id_, fault in faults.items()}
        update_rows(self.env, "relance.notice", news)
        if faults:
            company._relance_warn_accountant(
                self.env._("Letters wait: an address does not fit on the envelope."), "\n".join(faults.values())
            )
        return self.browse(faults)

    # === BUSINESS METHODS - BROUGHT TO THE DAY IT LEAVES === #

    def _refresh_drafts(self, company):
        """Lock what the notices claim and bring them to the company's day.

        What claims nothing any more is cancelled, and so is what has no address left to go to.

        :return: the notices that still claim something and can leave
        """
        live = self._refresh_claims(company)
        live -= live._cancel_unaddressed()
        return live - live._readdress_letters()

    def _refresh_claims(self, company):
        """Lock what the notices claim and bring e-mail addresses, copies, dates and figures to the company's day.

        Instalments paid, held, disputed or otherwise stopped since are left out; a notice left empty is cancelled.

        :return: the notices that still claim something
        """
        if not self:
            return self
        today = company._relance_today()
        stopped, changed, moved, misplaced = self._lock_and_compare(company, today)
        stopped |= misplaced
        if moved:
            self.browse(moved)._refresh_recipients(today)
        self._refresh_copies(today)
        # An invoice reset to draft and posted again may have other instalments, for another sum.
        lost = any(not line.line_id for line in self.line_ids)
        if stopped or changed or lost or any(notice.date != today for notice in self):
            self._refigure(company, stopped, today, misplaced)
        return self.filtered(lambda notice: notice.state != "cancelled")

    def _lock_and_compare(self, company, as_of):
        """Lock the instalments of the notices and hold them against the ledger.

        A payment that is being registered holds the same rows: it comes before or after, never in between.

        :return: ids of the instalments that must not be dunned any more, ids of those of which another principal is
            left than the frozen one, ids of the notices whose addressee has another e-mail address now, ids of the
            instalments that are owed but not at the level of their notice any more
        """
        self.env.flush_all()
        facts = self.env.execute_query(
            SQL(
                """
                SELECT line.id, item.notice_id, item.principal_amount + COALESCE(item.planned_amount, 0),
                       %s IS DISTINCT FROM notice.email_to OR NOT %s,
                       notice.level_chosen, %s,
                       level.kind = 'preventive' AND %s < %s
                       -- the calendar itself never comes before a deadline
                       OR notice.level_chosen AND COALESCE(history.deadline > %s, FALSE)
                  FROM relance_notice_line item
                  JOIN account_move_line line ON line.id = item.line_id
                  JOIN account_move move ON move.id = line.move_id
                  JOIN relance_notice notice ON notice.id = item.notice_id
                  JOIN relance_level level ON level.id = item.level_id
                  JOIN res_partner contact ON contact.id = notice.contact_id
                  JOIN res_partner debtor ON debtor.id = notice.partner_id
             LEFT JOIN LATERAL (%s) history ON TRUE
                 WHERE item.notice_id = ANY(%s) ORDER BY line.id FOR NO KEY UPDATE OF line
                """,
                self.env["relance.decision"]._sql_email(as_of),
                sql_belongs(SQL("contact"), SQL("debtor.id")),
                self.env["relance.ledger"]._sql_level_rank(SQL("level.kind")),
                DUE_DATE,
                as_of,
                as_of,
                self.env["relance.decision"]._sql_history(),
                self.ids,
            )
        )
        # Joined here: the planner knows nothing yet of rows drafted a moment ago and would decide once for each.
        reading = Reading(company, as_of, self.partner_id.ids, again=True)
        decision = self.env["relance.decision"]._query_decision(reading)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line_id, reason, net, %s FROM (%s) decided
             LEFT JOIN relance_level level ON level.id = decided.level_id
                """,
                self.env["relance.ledger"]._sql_level_rank(SQL("level.kind")),
                decision,
            )
        )
        decided = {line_id: (reason, net, rank) for line_id, reason, net, rank in rows}
        # At a level a person chose, when the calendar would send it, and for how much, is no longer the question.
        stays = self.env["relance.decision"]._get_reason_codes(lambda reason: reason.stays)
        stays_if_chosen = self.env["relance.decision"]._get_reason_codes(lambda reason: reason.stays_if_chosen)
        stopped, changed, moved, misplaced = set(), set(), set(), set()
        knowingly = self._get_asked_knowingly(reading, {line_id: reason for line_id, (reason, *_) in decided.items()})
        for line_id, notice_id, principal, has_moved, chosen, frozen_rank, out_of_time in facts:
            reason, net, rank = decided.get(line_id, ("paid", 0, None))
            if line_id in knowingly:
                pass
            elif reason not in (stays_if_chosen if chosen else stays):
                stopped.add(line_id)
            # The calendar may have moved on to a harsher level while the notice waited, never back.
            elif out_of_time or (not chosen and (rank or 0) < frozen_rank):
                misplaced.add(line_id)
            if net != principal:
                changed.add(line_id)
            if has_moved:
                moved.add(notice_id)
        return stopped, changed, list(moved), misplaced

    def _get_asked_knowingly(self, reading, reasons):
        """Return the ids of the instalments that a person claims although a receipt may have paid them.

        That person was warned of what was known when the notice was made, not of what came later.

        :param reasons: ``{instalment id: reason}`` decided about them now
        """
        doubtful = self.env["relance.decision"]._get_reason_codes(lambda reason: reason.stays_by_hand)
        in_doubt = {line_id for line_id, reason in reasons.items() if reason in doubtful}
        by_hand = self.filtered(lambda notice: notice.author_id.id != SUPERUSER_ID) if in_doubt else self.browse()
        if not by_hand:
            return set()
        known_since = self.env["relance.ledger"]._get_doubts_since(reading)
        return {
            line.line_id.id
            for line in by_hand.line_ids
            if line.line_id.id in in_doubt and known_since[line.line_id.id] <= line.notice_id.create_date
        }

    def _refresh_recipients(self, as_of):
        """Take addressees and e-mail addresses as they are today: one may have left, or been corrected, since."""
        # Contacts of a debtor need not be readable, and who sends writes no addressee.
        gone_sudo = self.sudo().filtered(lambda notice: not notice.contact_id._relance_belongs_to(notice.partner_id))
        for notice_sudo in gone_sudo:
            debtor = notice_sudo.partner_id.with_company(notice_sudo.company_id)
            notice_sudo.contact_id = debtor._get_relance_contact()
        gone_sudo.flush_recordset(["contact_id"])
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET email_to = %s FROM res_partner contact, res_partner debtor
                 WHERE relance_notice.id = ANY(%s) AND contact.id = relance_notice.contact_id
                   AND debtor.id = relance_notice.partner_id
             RETURNING relance_notice.id
                """,
                self.env["relance.decision"]._sql_email(as_of),
                self.ids,
            )
        )
        self.invalidate_recordset(["email_to"])

    def _refigure(self, company, stopped, today, misplaced=frozenset()):
        """Compute the claims of unsealed notices again, as of ``today``, and store them in two statements.

        :param stopped: ids of the instalments to leave out; ``misplaced``: those of them that another level must claim
        """
        line_ids = set(self.line_ids.line_id.ids) - stopped
        claims = self.env["relance.claim"]._get_claims(Reading(company, today), line_ids, Purpose.NOTICE).complete()
        # Figures are not writable by the person who approves.
        notices_sudo = self.with_env(self.env).sudo()
        gone = notices_sudo.line_ids.filtered(
            lambda line: line.line_id.id not in claims or not claims[line.line_id.id].principal
        )
        # A cancelled draft keeps the lines it was made of.
        empty = notices_sudo.filtered(lambda notice: notice.line_ids <= gone)
        outdated = empty.filtered(lambda notice: misplaced & set(notice.line_ids.line_id.ids))
        outdated._set_state("cancelled", self.env._("Its level does not fit any more: it is decided afresh."))
        (empty - outdated)._set_state("cancelled", self.env._("Nothing left to claim."))
        # What called for this tone was paid: the rest gets a notice of its own level.
        harsh = (notices_sudo - empty).filtered(lambda n: n.level_id not in (n.line_ids - gone).level_id)
        harsh._set_state("cancelled", self.env._("What is left is at a milder level."))
        live = notices_sudo - empty - harsh
        (gone & live.line_ids).unlink()
        self._drop_unsealed_letters(live)
        figures = {
            line.id: self.env["relance.notice"]._prepare_figures(claims[line.line_id.id], line.notice_id.level_id)
            for line in live.line_ids
        }
        update_rows(self.env, "relance.notice.line", figures)
        update_rows(
            self.env,
            "relance.notice",
            {
                notice.id: {
                    "date": today,
                    "printed_deadline": self._get_deadline(today, notice.level_id.deadline_days),
                    "deadline": self._get_deadline(today, notice.level_id.deadline_days),
                    "credit_amount": sum(claims[line.line_id.id].credit_share for line in notice.line_ids),
                    **{name: sum(figures[line.id][name] for line in notice.line_ids) for name in MONEY},
                }
                for notice in live
            },
        )
        update_rows(self.env, "relance.notice.line", {line.id: {"date": today} for line in live.line_ids})

    @api.model
    def _drop_unsealed_letters(self, notices_sudo):
        """Throw away letters an interrupted job made before sealing: they would show the figures of another day."""
        letters = notices_sudo.attachment_id
        if letters:
            notices_sudo.write({"attachment_id": False})
            letters.unlink()

    @api.model
    def _get_deadline(self, date, days):
        """Return the last day given to pay, None when the level gives none."""
        return fields.Date.add(date, days=days) if days else None

    @api.model
    def _prepare_figures(self, claim, level):
        """Return the frozen figures of one instalment, charged as ``level`` (record or dict) says."""
        penalty = claim.accrual.penalty if level["charge_penalty"] else Decimal(0)
        indemnity = claim.indemnity if level["charge_indemnity"] else Decimal(0)
        return {
            "days_late": claim.days_late,
            "amount_paid": claim.amount - claim.principal - claim.held - claim.planned,
            "disputed_amount": claim.held,
            "planned_amount": claim.planned,
            "principal_amount": claim.principal,
            "penalty_amount": penalty,
            "indemnity_amount": indemnity,
            "total_amount": claim.principal + penalty + indemnity,
            "segments": [segment.to_json() for segment in claim.accrual.segments] if level["charge_penalty"] else [],
        }

    # === BUSINESS METHODS - FACTS TAKEN OVER === #

    def _undo_takeover(self):
        """Cancel facts taken over: their invoices stand where they stood before.

        :raises UserError: for who may not, or when a notice that counted on them exists
        """
        if not self:
            return
        self.check_access("write")
        if not self.env.user.has_group("account.group_account_manager"):
            raise UserError(self.env._("Only an accounting administrator undoes a level taken over."))
        followed = self.env["relance.notice.line"].search(
            Domain("line_id", "in", self.line_ids.line_id.ids)
            & Domain("notice_id.taken_over", "=", False)
            & Domain("state", "in", ("draft", "to_approve", "ready", "sent")),
            limit=1,
        )
        if followed:
            raise UserError(
                self.env._(
                    "%(notice)s already followed for invoice %(invoice)s: what was taken over stays as it is.",
                    notice=followed.notice_id.display_name,
                    invoice=followed.invoice_name,
                )
            )
        self._set_state("cancelled", self.env._("Undone by %s.", self.env.user.name))
