import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime, format_time, split_every

from ...tools.bulk_sql import update_rows
from ..letter.relance_letter import LettersUnavailable
from .relance_register import CONTENT_VERSION

DISPATCH_BATCH = 100
LETTER_BATCH = 50
SAID_IF_ANY = ("copies", "personal_note", "disputed", "lapsed_on")
# What version 2 added: no content of version 1 says it.
SINCE_2 = (
    "addressee", "anchor", "approved_on", "approver", "author", "by_email", "invoices", "lapsed_on", "level_chosen",
    "language", "postal_address", "sealed_on",
)  # fmt: skip


def _get_id(mark):
    """Return the id in what a sealed content says of a user or a card, None when it was tampered with or is absent."""
    id_ = mark.get("id") if isinstance(mark, dict) else mark
    return id_ if type(id_) is int and 0 < id_ < 2**31 else None


class RelanceNotice(models.Model):
    """How drafts enter the register: which may leave now, their letters, their numbers, their seals.

    What waited does not leave on the heels of another notice to the same debtor: the decision keeps the minimum
    interval, but a preview, an approval or a cap may lie between it and the seal. Notices of one run (another
    currency, one per invoice) belong together.
    """

    _inherit = "relance.notice"

    # === BUSINESS METHODS - WHAT MAY LEAVE NOW === #

    def _seal_in_turn(self, company):
        """Seal the drafts of ``company`` that may leave now; where there are limits, send them at once as well.

        :return: whether the job has time left
        """
        # Before the cap is counted: what waits would take the place of others, day after day.
        drafts = self._put_off_within_min_interval(company)
        drafts = drafts._wait_for_bank(company)
        drafts = drafts._keep_ready(company)
        if not drafts:
            return True
        if company._relance_has_no_limit():
            drafts._seal(commit=self.env["relance.job"]._commit_progress)
            return True
        picked = drafts._pick_within_cap(company)
        if picked < drafts:
            company._relance_wake_at_next_window(tomorrow=True)
        self.env["relance.job"]._commit_progress(remaining=len(picked))
        for batch_ids in split_every(DISPATCH_BATCH, picked.ids):
            if not company._relance_is_window_open():
                company._relance_wake_at_next_window()
                return True
            batch = drafts.browse(batch_ids)
            batch._seal(commit=self.env["relance.job"]._commit_progress)
            batch.filtered(lambda notice: notice.state == "ready")._dispatch_batch(company)
            if not self.env["relance.job"]._commit_progress(len(batch)):
                return False
        return True

    def _keep_sendable(self):
        """Return the notices of the companies whose jobs may send now; the job starts again when others may."""
        closed = self.env["res.company"]
        for company in self.company_id:
            if company._get_relance_setting("relance_test_email"):
                closed |= company
            elif not company._relance_is_window_open():
                company._relance_wake_at_next_window()
                closed |= company
        return self.filtered(lambda notice: notice.company_id not in closed)

    def _wait_for_bank(self, company):
        """Leave out the drafts nobody answers for while the bank is not up to date: facts grew stale as they waited."""
        today = company._relance_today()
        unanswered = self.filtered(
            lambda notice: (
                not notice.approved_by
                and not notice.run_id.bank_override_reason
                and (notice.run_id.origin == "cron" or notice.date < today)
            )
        )
        if not unanswered:
            return self
        state = company._relance_get_bank_state(today)
        if state["up_to_date"]:
            return self
        company._relance_warn_of_bank(state)
        return self - unanswered

    @api.model
    def _format_leaving(self, leaves_at):
        """Return when a campaign leaves, in the time zone of the user: the hour, with the day unless it is today."""
        local = fields.Datetime.context_timestamp(self, leaves_at)
        if local.date() == fields.Date.context_today(self):
            return format_time(self.env, local.time(), time_format="short")
        return format_datetime(self.env, leaves_at, dt_format="short")

    def _pick_within_cap(self, company):
        """Return those of the drafts that may be sealed and leave today: the harshest, then the oldest due first.

        Those whose letter could not be made come last: they must not hold the others back.
        """
        left = company._relance_get_cap_left()
        if left is None or not self:
            return self
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, notice.channel FROM relance_notice notice
             LEFT JOIN LATERAL (SELECT MIN(date_maturity) AS due FROM relance_notice_line
                                 WHERE notice_id = notice.id) oldest ON TRUE
                 WHERE notice.id = ANY(%s)
              ORDER BY notice.failure_reason IS NOT NULL, %s DESC, oldest.due, notice.id
                """,
                self.ids,
                self.env["relance.ledger"]._sql_level_rank(SQL("notice.kind")),
            )
        )
        counted = [notice_id for notice_id, channel in rows if channel != "call"]
        waiting = set(counted[left:])
        return self.browse([notice_id for notice_id, _channel in rows if notice_id not in waiting])

    # === BUSINESS METHODS - CALLED BACK OR SEALED === #

    @api.model
    def _wake_at(self, moment):
        """Let the sending job start at ``moment`` (datetime in UTC)."""
        # A user who confirms a run need not read the jobs.
        self.env.ref("relance_fr.ir_cron_dispatch").sudo()._trigger(at=moment)

    @api.model
    def _get_due_draft_domain(self):
        """Return the domain of the drafts that the sending job may take: nobody can call them back any more."""
        over = Domain("run_id", "=", False) | Domain("run_id.leaves_at", "=", False)
        return Domain("state", "=", "draft") & (over | Domain("run_id.leaves_at", "<=", fields.Datetime.now()))

    def _get_recallable(self):
        """Return those of the notices whose campaign may still be called back."""
        now = fields.Datetime.now()
        return self.filtered(lambda notice: notice.run_id.leaves_at and notice.run_id.leaves_at > now)

    def _keep_sealable(self, company, by_job):
        """Return those of the drafts that may enter the register now.

        A job leaves the others for later; a person who asks for them is told why not.

        :raises UserError: when a person asks for what may still be called back, or for what the company is not ready
        """
        waiting = self._get_recallable()
        if by_job:
            return (self - waiting)._keep_ready(company)
        if waiting:
            raise UserError(
                self.env._(
                    "%(campaign)s leaves at %(time)s by itself. Until then you may call it back, and nothing of it is "
                    "sent before.",
                    campaign=waiting.run_id[:1].display_name,
                    time=self._format_leaving(waiting.run_id[:1].leaves_at),
                )
            )
        self._check_notices_ready(company)
        return self

    # === BUSINESS METHODS - MINIMUM INTERVAL === #

    def _put_off_within_min_interval(self, company):
        """Return the drafts without those that come too soon after another notice: the job takes them another day."""
        close = self._find_within_min_interval(company, by_job=True)
        if close:
            company._relance_wake_at_next_window(tomorrow=True)
        return self - close

    def _keep_min_interval(self, company, by_job):
        """Return those of the notices, about to be sealed, that may follow what their debtors got.

        What a job leaves out stays a draft and comes up again another day. What a person asked for is cancelled, so
        that the person knows; its level is not consumed.
        """
        close = self._find_within_min_interval(company, by_job)
        if not by_job:
            reason = self.env._("The debtor was written to today already; it comes again.")
            close.with_env(self.env)._set_state("cancelled", reason)
        return self - close

    def _find_within_min_interval(self, company, by_job):
        """Return those of the notices that would come too soon after a notice of another run to the same debtor.

        Of several runs among the notices themselves the harshest goes first.

        :param by_job: nobody looks: the days of the calendar must have passed, one at least. A person who approved
            or who sends now may come sooner, but not on the same day unless the calendar allows that; nor, unless that
            person chose the level, with a milder word than the last one.
        """
        if not self:
            return self
        self.env.flush_all()
        days = SQL("LEAST(calendar.min_days, 1)")
        if by_job:
            # Who confirmed a campaign saw it, although the job seals it once it cannot be called back any more.
            days = SQL(
                """
                CASE WHEN run.origin <> 'cron' THEN LEAST(calendar.min_days, 1)
                     WHEN notice.approved_by IS NULL THEN GREATEST(calendar.min_days, 1) ELSE 1 END
                """
            )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id
                  FROM relance_notice notice
                  JOIN relance_level level ON level.id = notice.level_id
                  JOIN relance_calendar calendar ON calendar.id = level.calendar_id
             LEFT JOIN relance_run run ON run.id = notice.run_id
                 WHERE notice.id = ANY(%(ids)s) AND %(days)s > 0 AND EXISTS (
                       SELECT FROM relance_notice other
                        WHERE other.partner_id = notice.partner_id AND other.company_id = %(company)s
                          AND other.run_id IS DISTINCT FROM notice.run_id
                          AND (other.state = 'ready'
                               -- one dated in the future by a clock that was wrong holds nothing back
                               OR other.state = 'sent' AND other.date <= %(today)s
                                  AND CASE WHEN other.posted_date <= %(today)s
                                           THEN GREATEST(other.date, other.posted_date) ELSE other.date END
                                      > %(today)s - CASE
                                        WHEN %(other_rank)s > %(rank)s AND notice.level_chosen IS NOT TRUE
                                        THEN GREATEST(calendar.min_days, %(days)s) ELSE %(days)s END
                               OR other.id = ANY(%(ids)s)
                                  AND (%(other_rank)s, notice.id) > (%(rank)s, other.id)))
                """,
                ids=self.ids,
                days=days,
                company=company.id,
                today=company._relance_today(),
                other_rank=self.env["relance.ledger"]._sql_level_rank(SQL("other.kind")),
                rank=self.env["relance.ledger"]._sql_level_rank(SQL("notice.kind")),
            )
        )
        return self.browse([row[0] for row in rows])

    # === BUSINESS METHODS - NUMBER AND SEAL === #

    def _seal(self, commit=None):
        """Put draft notices into the register of their company. They end ``ready``, or ``cancelled``.

        :param commit: called between the steps by the cron, so that the register is never locked while letters render
        :raises UserError: when a company is in test mode: nothing enters its register
        """
        self.company_id._relance_refuse_in_test_mode()
        for company, company_notices in self.grouped("company_id").items():
            ours = company_notices.with_company(company)
            if not commit:
                ours._seal_company(company)
            elif company._relance_lock_sealing():
                try:
                    ours._seal_company(company, commit)
                finally:
                    company._relance_unlock_sealing()

    def _seal_company(self, company, commit=None):
        step = commit or (lambda: None)
        # Taken up again after a conflict, sealed by another job or cancelled meanwhile.
        self.invalidate_recordset(["seal", "state"])
        drafts = self.filtered(lambda n: not n.seal and n.state == "draft")
        live = drafts._keep_sealable(company, by_job=bool(commit))._refresh_drafts(company)
        live = live._keep_min_interval(company, by_job=bool(commit))
        lettered = live._filter_lettered()
        # E-mails do not wait for letters, which may fail or take long.
        (live - lettered)._append(company)
        lettered._number(company)
        step()
        waiting = lettered._store_letters_or_wait(company, commit)
        # A person may have cancelled one while the letters were made.
        lettered.invalidate_recordset(["state"])
        (lettered - waiting).filtered(lambda notice: notice.state == "draft")._append(company)
        step()

    def _number(self, company):
        """Give register numbers, without gaps, to the notices that have none: a letter shows its own.

        The year is that of the notice's date. Those without a letter get theirs as they are sealed. The letters to be
        made carry the head of the register as it is now: they never wait for what is sealed meanwhile.
        """
        unprinted = self.filtered(lambda notice: not notice.attachment_id)
        if not unprinted:
            return
        register = self.env["relance.register"]
        unnamed = unprinted.filtered(lambda notice: notice.name == "/")
        head = register._lock(company, {notice.date.year for notice in unnamed})
        names = {notice.id: register._get_next_number(head, notice.date.year) for notice in unnamed}
        anchor = {"anchor_rank": head["last_rank"], "anchor_seal": head["last_seal"]}
        update_rows(
            self.env,
            "relance.notice",
            {notice.id: {"name": names.get(notice.id, notice.name), **anchor} for notice in unprinted},
        )
        register._store_head(head)

    @api.model
    def _format_number(self, year, number):
        """Return a register number; whatever an override makes of it, it ends with the digits of ``number``."""
        return f"RLF/{year}/{number:05d}"

    def _append(self, company):
        """Append the notices to the chain of ``company``, numbering those without a letter; they are ``ready``."""
        if not self:
            return
        register = self.env["relance.register"]
        head = register._lock(company, {notice.date.year for notice in self if notice.name == "/"})
        sealed_on = fields.Datetime.now()
        rows = {}
        for notice_id, content in self._get_contents(head=head, sealed_on=sealed_on).items():
            previous, payload = head["last_seal"], register._serialize(content)
            head["last_seal"] = register._get_seal(previous, payload)
            head["last_rank"] += 1
            rank, seal = content["anchor"] or (None, None)
            rows[notice_id] = {
                "name": content["number"],
                "previous_seal": previous,
                "seal": head["last_seal"],
                "seal_sequence": head["last_rank"],
                "seal_payload": payload,
                "sealed_on": sealed_on,
                "anchor_rank": rank,
                "anchor_seal": seal,
            }
        update_rows(self.env, "relance.notice", rows)
        register._store_head(head)
        self.with_env(self.env).browse(rows)._set_state("ready")

    # === BUSINESS METHODS - SEALED CONTENT === #

    def _get_contents(self, head=None, sealed_on=None):
        """Return ``{notice id: content}`` of what the seal covers, read from the rows themselves.

        :param head: locked head of the register, to look at notices that are not sealed yet: it numbers those that
            have no number, and those without a letter carry it. Without it, sealed notices are read again, each in
            the version of its sealed content.
        :param sealed_on: when they are being sealed
        """
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._query_payload(sealed=not head))
        register = self.env["relance.register"]
        # A letter printed afterwards, for a level that has none, was not there to be sealed.
        for row in rows:
            row["frozen"] = {} if head else register._read_content(row["frozen"])
            row["letter"] = row["letter"] if head or row["frozen"].get("letter") else None
        digests = self._get_letter_digests([row["letter"] for row in rows if row["letter"]])
        gone = {} if head else self._get_gone(rows)
        anchor = [head["last_rank"], head["last_seal"]] if head else None
        contents = {}
        for row in rows:
            notice_id, frozen = row.pop("id"), row.pop("frozen")
            if head:
                if not row["letter"]:
                    row["anchor"] = anchor
                if row["number"] == "/":
                    row["number"] = register._get_next_number(head, int(row["date"][:4]))
                row["sealed_on"] = fields.Datetime.to_string(sealed_on)
            # Who the parties were is told by the sealed content alone: cards are renamed and merged later.
            row["parties"] = frozen.get("parties", row["parties"])
            # A card merged into another one takes its invoices along; anything else is tampering.
            if row.pop("invoiced") == row["debtor"]:
                row["debtor"] = frozen.get("debtor", row["debtor"])
            self._keep_frozen(row, frozen, gone)
            row["letter"] = digests.get(row["letter"])
            contents[notice_id] = self._arrange_content(row, CONTENT_VERSION if head else frozen.get("version", 1))
        return contents

    @api.model
    def _arrange_content(self, row, version):
        """Return the content of a notice as ``version`` says it, from all that is known of it."""
        absent = {name for name in SAID_IF_ANY if not row[name]}
        # Said only where there is something to say: the contents sealed without stay what they were.
        if version == 1:
            absent.update(SINCE_2)
        content = {name: value for name, value in row.items() if name not in absent}
        return content if version == 1 else content | {"version": version}

    @api.model
    def _keep_frozen(self, row, frozen, gone):
        """Take from the sealed content ``frozen`` who wrote, approved and was addressed, where the record is still it.

        Users are renamed and deleted, cards merged: then the sealed text is all that tells.
        """
        for name, table in (("author", "res_users"), ("approver", "res_users")):
            was, now = _get_id(frozen.get(name)), row[name]
            if was and (was == now["id"] if now else was in gone[table]):
                row[name] = frozen[name]
        if _get_id(frozen.get("addressee")) in gone.get("res_partner", ()):
            row["addressee"] = frozen["addressee"]

    @api.model
    def _get_gone(self, rows):
        """Return ``{table: ids}`` of the users and cards that sealed contents name and that are not there any more."""
        named = {"res_users": set(), "res_partner": set()}
        for row in rows:
            named["res_users"] |= {_get_id(row["frozen"].get(name)) for name in ("author", "approver") if not row[name]}
            addressee = _get_id(row["frozen"].get("addressee"))
            if addressee != row["addressee"]:
                named["res_partner"].add(addressee)
        gone = {}
        for table, ids in named.items():
            ids = sorted(ids - {None})
            query = SQL(
                "SELECT id FROM unnest(%s::int4[]) AS named (id) EXCEPT SELECT id FROM %s", ids, SQL.identifier(table)
            )
            gone[table] = {row[0] for row in self.env.execute_query(query)} if ids else set()
        return gone

    def _query_payload(self, sealed):
        """Return the query of the sealed content: figures as text, lines in order. ``letter`` is an attachment id."""
        return SQL(
            """
            SELECT notice.id, notice.name AS number, notice.date::text, notice.kind, notice.channel, notice.regime,
                   notice.level_id AS level, notice.printed_deadline::text AS deadline,
                   notice.email_to AS recipients, notice.email_cc AS copies, notice.personal_note,
                   currency.name AS currency, notice.company_id AS company, notice.partner_id AS debtor,
                   (SELECT MIN(move.commercial_partner_id) FROM relance_notice_line fact
                      JOIN account_move move ON move.id = fact.move_id WHERE fact.notice_id = notice.id) AS invoiced,
                   json_build_object('creditor', creditor.name, 'creditor_registry', creditor.company_registry,
                                     'debtor', debtor.name, 'debtor_registry', debtor.company_registry,
                                     'addressee', contact.name, 'street', contact.street, 'zip', contact.zip,
                                     'city', contact.city) AS parties,
                   notice.credit_amount::text AS credit, notice.principal_amount::text AS principal,
                   notice.penalty_amount::text AS penalty, notice.indemnity_amount::text AS indemnity,
                   notice.total_amount::text AS total, notice.attachment_id AS letter, notice.seal_payload AS frozen,
                   (SELECT json_agg(json_build_array(
                               fact.invoice_name, fact.invoice_date, fact.date_maturity, fact.days_late,
                               fact.level_id, fact.amount_invoiced::text, fact.amount_paid::text,
                               fact.principal_amount::text, fact.penalty_amount::text, fact.indemnity_amount::text,
                               fact.total_amount::text, fact.segments) ORDER BY fact.id)
                      FROM relance_notice_line fact WHERE fact.notice_id = notice.id) AS lines,
                   (SELECT json_agg(fact.disputed_amount::text ORDER BY fact.id)
                      FROM relance_notice_line fact WHERE fact.notice_id = notice.id
                    HAVING SUM(fact.disputed_amount) > 0) AS disputed,
                   -- since version 2
                   notice.contact_id AS addressee, notice.postal_to AS postal_address, notice.lang AS language,
                   COALESCE(notice.with_email, FALSE) AS by_email,
                   COALESCE(notice.level_chosen, FALSE) AS level_chosen,
                   notice.sealed_on::text, notice.approved_on::text, notice.lapsed_on::text,
                   %(author)s AS author, %(approver)s AS approver,
                   CASE WHEN notice.anchor_seal IS NOT NULL
                        THEN json_build_array(notice.anchor_rank, notice.anchor_seal) END AS anchor,
                   (SELECT json_agg(json_build_array(fact.move_id, money.name) ORDER BY fact.id)
                      FROM relance_notice_line fact JOIN res_currency money ON money.id = fact.currency_id
                     WHERE fact.notice_id = notice.id) AS invoices
              FROM relance_notice notice
              JOIN res_currency currency ON currency.id = notice.currency_id
              JOIN res_company company ON company.id = notice.company_id
              JOIN res_partner creditor ON creditor.id = company.partner_id
              JOIN res_partner debtor ON debtor.id = notice.partner_id
              JOIN res_partner contact ON contact.id = notice.contact_id
             WHERE notice.id = ANY(%(ids)s) AND (notice.seal IS NOT NULL) = %(sealed)s
          ORDER BY notice.id
            """,
            ids=self.ids,
            sealed=sealed,
            author=self._sql_signatory("author_id"),
            approver=self._sql_signatory("approved_by"),
        )

    @api.model
    def _sql_signatory(self, column):
        """Return the id and the name of the user in ``column`` of ``notice`` as JSON, NULL without any."""
        return SQL(
            """
            (SELECT json_build_object('id', signatory.id, 'name', person.name)
               FROM res_users signatory JOIN res_partner person ON person.id = signatory.partner_id
              WHERE signatory.id = %s)
            """,
            SQL.identifier("notice", column),
        )

    @api.model
    def _get_letter_digests(self, attachment_ids):
        """Return ``{attachment id: sha256}`` of the stored letters, read from their bytes."""
        # The register is verified and sealed no matter who may open the letters.
        letters_sudo = self.env["ir.attachment"].sudo().browse(attachment_ids)
        digests = {letter.id: hashlib.sha256(letter.raw or b"").hexdigest() for letter in letters_sudo}
        # A register of ten thousand letters would stay in memory.
        letters_sudo.invalidate_recordset(["raw"], flush=False)
        return digests

    # === BUSINESS METHODS - LETTERS === #

    def _store_letters_or_wait(self, company, commit):
        """Store the letters of numbered notices in batches; those that cannot be made wait for the next job.

        :return: the notices whose letter is missing: they keep their number
        :raises UserError: when none could be made and no job is there to try again
        """
        reasons = {}
        for batch_ids in split_every(LETTER_BATCH, self.ids):
            batch = self.browse(batch_ids)
            try:
                reasons |= batch._store_each_letter()
            except LettersUnavailable as error:
                # Nobody's letter is at fault: the ones left would fare no better.
                reasons |= dict.fromkeys(self.ids[self.ids.index(batch_ids[0]) :], str(error))
                break
            if commit:
                commit()
        if reasons and not commit and len(reasons) == len(self):
            raise UserError(next(iter(reasons.values())))
        update_rows(self.env, "relance.notice", {id_: {"failure_reason": reason} for id_, reason in reasons.items()})
        waiting = self.browse(reasons)
        waiting._tell_letters_wait(company)
        return waiting

    def _store_each_letter(self):
        """Store the letters of the notices in one go; if one cannot be made, the others are made without it.

        :return: ``{notice id: reason}`` of those that failed
        :raises LettersUnavailable: when no letter at all can be made now
        """
        try:
            with self.env.cr.savepoint():
                self._store_letters()
            return {}
        except LettersUnavailable:
            raise
        except UserError as error:
            if len(self) == 1:
                return {self.id: str(error)}
        reasons = {}
        for notice in self:
            reasons |= notice._store_each_letter()
        return reasons

    def _tell_letters_wait(self, company):
        """Tell the accountant, once however often jobs try, which letters wait and why."""
        if self:
            reasons = "\n".join(f"{notice.name}: {notice.failure_reason}" for notice in self[:20])
            # Not the number of letters: the same sentence is not said twice.
            company._relance_warn_accountant(self.env._("Dunning letters wait: %s", self[0].failure_reason), reasons)

    def _store_letters(self):
        """Render the letters of the notices and store their bytes once, as attachments of the notices.

        :raises LettersUnavailable: when letters cannot be made, or not be stored
        """
        notices_sudo = self.sudo().filtered(lambda notice: not notice.attachment_id)
        if not notices_sudo:
            return
        contents = notices_sudo._render_letters()
        values = [
            {
                "name": notice._get_letter_name(),
                "raw": contents[notice.id],
                "res_model": "relance.notice",
                "res_id": notice.id,
                "company_id": notice.company_id.id,
            }
            for notice in notices_sudo
        ]
        try:
            # Attachments and the link to them are facts of the register: no user may write them.
            attachments_sudo = self.env["ir.attachment"].sudo().create(values)
        except OSError as error:
            raise LettersUnavailable(
                self.env._(
                    "The letters cannot be stored (%s). Check the free space and the rights of Odoo's file store.",
                    error.strerror or error,
                )
            ) from error
        update_rows(
            self.env,
            "relance.notice",
            {
                notice.id: {"attachment_id": attachment.id}
                for notice, attachment in zip(notices_sudo, attachments_sudo, strict=True)
            },
        )

    def _get_letter_name(self):
        """Return the file name of a letter."""
        return f"{self.name.replace('/', '-')}.pdf"
