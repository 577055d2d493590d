import hashlib
import json

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL

SAID_IF_ANY = ("copies", "personal_note", "disputed")
SEALING = 0x52454C  # first key of the advisory lock, the second is the company


class RelanceEngine(models.AbstractModel):
    """Seal: bring figures to today, number, render the letter once, append to the company's chain.

    Each step may be the last one before a crash: a notice that has a number but
    no seal is taken up again by ``_dispatch_pending``.
    """

    _inherit = "relance.engine"

    @api.model
    def _seal(self, notices, commit=None):
        """Put draft ``notices`` into the register of their company. They end ``ready``, or ``cancelled``.

        :param commit: called between the steps by the cron, so that the register is never locked while letters render
        """
        for company, company_notices in notices.grouped("company_id").items():
            engine = self.with_company(company)
            if not commit:
                engine._seal_company(company, company_notices)
            elif engine._take_turn(company):
                try:
                    engine._seal_company(company, company_notices, commit)
                finally:
                    engine._end_turn(company)

    @api.model
    def _seal_company(self, company, notices, commit=None):
        step = commit or (lambda: None)
        # Taken up again after a conflict, sealed by another job or cancelled meanwhile.
        notices.invalidate_recordset(["seal", "state"])
        drafts = notices.filtered(lambda n: not n.seal and n.state == "draft")
        live = self._refresh_drafts(company, self._keep_sealable(company, drafts, by_job=bool(commit)))
        live = self._keep_apart(company, live, by_job=bool(commit))
        lettered = live.filtered(lambda n: n.level_id.with_letter or n.channel in ("letter", "registered"))
        # E-mails do not wait for letters, which may fail or take long.
        self._append(company, live - lettered)
        self._number(company, lettered)
        step()
        waiting = self._store_letters_or_wait(company, lettered, commit)
        # A person may have cancelled one while the letters were made.
        lettered.invalidate_recordset(["state"])
        self._append(company, (lettered - waiting).filtered(lambda notice: notice.state == "draft"))
        step()

    @api.model
    def _take_turn(self, company):
        """Tell whether this job may seal in steps for ``company``: another one that is at it finishes alone.

        The lock belongs to the database session: it outlives the commits between the steps, not a killed process.
        """
        [[taken]] = self.env.execute_query(SQL("SELECT pg_try_advisory_lock(%s, %s)", SEALING, company.id))
        return taken

    @api.model
    def _end_turn(self, company):
        unlock = SQL("SELECT pg_advisory_unlock(%s, %s)", SEALING, company.id)
        try:
            self.env.execute_query(unlock)
        except psycopg2.errors.InFailedSqlTransaction:
            # What failed is on its way to the caller; the session goes back to the pool and must not keep the lock.
            self.env.cr.rollback()
            self.env.execute_query(unlock)

    # === NUMBER === #

    @api.model
    def _number(self, company, notices):
        """Give register numbers, without gaps, to ``notices`` that have none: a letter shows its own.

        Those without a letter get theirs as they are sealed.
        """
        notices = notices.filtered(lambda notice: notice.name == "/")
        if not notices:
            return
        year = self._today(company).year
        first = self.env["relance.register"]._take_numbers(company, year, len(notices))
        self._update_rows(
            "relance.notice",
            {notice.id: {"name": self._format_number(year, n)} for n, notice in enumerate(notices, start=first)},
        )

    @api.model
    def _format_number(self, year, number):
        """Return a register number."""
        return f"RLF/{year}/{number:05d}"

    # === CHAIN === #

    @api.model
    def _append(self, company, notices):
        """Append ``notices`` to the chain of ``company``, numbering those without a letter; they are ``ready``."""
        if not notices:
            return
        register = self.env["relance.register"]
        head = register._lock(company, self._today(company).year)
        sealed_on = fields.Datetime.now()
        rows = {}
        for notice_id, (name, payload) in self._get_payloads(notices, sealed=False, head=head).items():
            previous = head["last_seal"]
            head["last_seal"] = register._compute_seal(previous, payload)
            head["last_rank"] += 1
            rows[notice_id] = {
                "name": name,
                "previous_seal": previous,
                "seal": head["last_seal"],
                "seal_sequence": head["last_rank"],
                "seal_payload": payload,
                "sealed_on": sealed_on,
            }
        self._update_rows("relance.notice", rows)
        register._store_head(head)
        self._set_state(notices.browse(rows), "ready")

    @api.model
    def _get_payloads(self, notices, sealed, head=None):
        """Return ``{notice id: (number, canonical JSON)}`` of what the seal covers, read from the rows themselves.

        :param sealed: whether to look at sealed notices, or at those that are not sealed yet
        :param head: locked head of the register, which numbers the notices that have no number
        """
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._query_payload(notices, sealed))
        # A letter printed afterwards, for a level that has none, was not there to be sealed.
        for row in rows:
            row["frozen"] = json.loads(row["frozen"] or "{}")
            row["letter"] = row["letter"] if row["frozen"].get("letter", not sealed) else None
        digests = self._get_letter_digests([row["letter"] for row in rows if row["letter"]])
        serialize = self.env["relance.register"]._serialize
        payloads = {}
        for row in rows:
            notice_id, frozen = row.pop("id"), row.pop("frozen")
            if row["number"] == "/" and head:
                head["last_number"] += 1
                row["number"] = self._format_number(head["year"], head["last_number"])
            # Said only where there is something to say: the contents sealed without stay what they were.
            for name in SAID_IF_ANY:
                if not row[name]:
                    del row[name]
            # Who the parties were is told by the sealed content alone: cards are renamed and merged later.
            row["parties"] = frozen.get("parties", row["parties"])
            # A card merged into another one takes its invoices along; anything else is tampering.
            if row.pop("invoiced") == row["debtor"]:
                row["debtor"] = frozen.get("debtor", row["debtor"])
            payloads[notice_id] = row["number"], serialize(row | {"letter": digests.get(row["letter"])})
        return payloads

    @api.model
    def _query_payload(self, notices, sealed):
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
                    HAVING SUM(fact.disputed_amount) > 0) AS disputed
              FROM relance_notice notice
              JOIN res_currency currency ON currency.id = notice.currency_id
              JOIN res_company company ON company.id = notice.company_id
              JOIN res_partner creditor ON creditor.id = company.partner_id
              JOIN res_partner debtor ON debtor.id = notice.partner_id
              JOIN res_partner contact ON contact.id = notice.contact_id
             WHERE notice.id = ANY(%s) AND (notice.seal IS NOT NULL) = %s
          ORDER BY notice.id
            """,
            notices.ids,
            sealed,
        )

    @api.model
    def _get_letter_digests(self, attachment_ids):
        """Return ``{attachment id: sha256}`` of the stored letters, read from their bytes."""
        # The register is verified and sealed whoever may open the letters.
        letters_sudo = self.env["ir.attachment"].sudo().browse(attachment_ids)
        digests = {letter.id: hashlib.sha256(letter.raw or b"").hexdigest() for letter in letters_sudo}
        # A register of ten thousand letters would stay in memory.
        letters_sudo.invalidate_recordset(["raw"], flush=False)
        return digests
