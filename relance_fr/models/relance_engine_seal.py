import hashlib

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL

from .relance_register import CONTENT_VERSION

SAID_IF_ANY = ("copies", "personal_note", "disputed", "lapsed_on")
# What version 2 added: no content of version 1 says it.
SINCE_2 = (
    "addressee", "anchor", "approved_on", "approver", "author", "by_email", "invoices", "lapsed_on", "level_chosen",
    "language", "postal_address", "sealed_on",
)  # fmt: skip
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
        :raises UserError: when a company is in test mode: nothing enters its register
        """
        self._refuse_in_test_mode(notices.company_id)
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
        lettered = live._filter_lettered()
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

        The year is that of the notice's date. Those without a letter get theirs as they are sealed. The letters to be
        made carry the head of the register as it is now: they never wait for what is sealed meanwhile.
        """
        unprinted = notices.filtered(lambda notice: not notice.attachment_id)
        if not unprinted:
            return
        register = self.env["relance.register"]
        unnamed = unprinted.filtered(lambda notice: notice.name == "/")
        head = register._lock(company, {notice.date.year for notice in unnamed})
        names = {notice.id: register._take_number(head, notice.date.year) for notice in unnamed}
        anchor = {"anchor_rank": head["last_rank"], "anchor_seal": head["last_seal"]}
        self._update_rows(
            "relance.notice",
            {notice.id: {"name": names.get(notice.id, notice.name), **anchor} for notice in unprinted},
        )
        register._store_head(head)

    @api.model
    def _format_number(self, year, number):
        """Return a register number; whatever an override makes of it, it ends with the digits of ``number``."""
        return f"RLF/{year}/{number:05d}"

    # === CHAIN === #

    @api.model
    def _append(self, company, notices):
        """Append ``notices`` to the chain of ``company``, numbering those without a letter; they are ``ready``."""
        if not notices:
            return
        register = self.env["relance.register"]
        head = register._lock(company, {notice.date.year for notice in notices if notice.name == "/"})
        sealed_on = fields.Datetime.now()
        rows = {}
        for notice_id, content in self._get_contents(notices, head=head, sealed_on=sealed_on).items():
            previous, payload = head["last_seal"], register._serialize(content)
            head["last_seal"] = register._compute_seal(previous, payload)
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
        self._update_rows("relance.notice", rows)
        register._store_head(head)
        notices.with_env(self.env).browse(rows)._set_state("ready")

    @api.model
    def _get_contents(self, notices, head=None, sealed_on=None):
        """Return ``{notice id: content}`` of what the seal covers, read from the rows themselves.

        :param head: locked head of the register, to look at notices that are not sealed yet: it numbers those that
            have no number, and those without a letter carry it. Without it, sealed notices are read again, each in
            the version of its sealed content.
        :param sealed_on: when they are being sealed
        """
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._query_payload(notices, sealed=not head))
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
                    row["number"] = register._take_number(head, int(row["date"][:4]))
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
            ids=notices.ids,
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
        # The register is verified and sealed whoever may open the letters.
        letters_sudo = self.env["ir.attachment"].sudo().browse(attachment_ids)
        digests = {letter.id: hashlib.sha256(letter.raw or b"").hexdigest() for letter in letters_sudo}
        # A register of ten thousand letters would stay in memory.
        letters_sudo.invalidate_recordset(["raw"], flush=False)
        return digests


def _get_id(mark):
    """Return the id in what a sealed content says of a user or a card, None when it was tampered with or is absent."""
    id_ = mark.get("id") if isinstance(mark, dict) else mark
    return id_ if type(id_) is int and 0 < id_ < 2**31 else None
