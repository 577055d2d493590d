import hashlib
import json
import logging
import re

from markupsafe import Markup
from odoo import api, fields, models
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_date, split_every
from odoo.tools.misc import format_datetime

from ...tools.letter_format import LetterFormat, one_line, registration
from ...tools.letter_pdf import Document, page_style
from .relance_notice_postal import effective_deadline

GENESIS = "0" * 64

# Version of what is sealed now. The content says it, but for version 1, which had none; each stays verifiable for ever.
CONTENT_VERSION = 2

VERSIONS = (1, CONTENT_VERSION)

# Hexadecimal digits of a seal that letters and e-mails print: 128 bits, which nobody makes up.
PRINTED_DIGITS = 32

# One system parameter a company, by its id: uninstalling the addon leaves them, installing it reads them.
PARAMETER = "relance_fr.register."

# What a number begins with, and its rank in it; the same text in the index of ``relance.notice``.
NUMBER_PREFIX = SQL("substring(name FROM '^(.*?)[0-9]+$')")

NUMBER_DIGITS = SQL("(substring(name FROM '[0-9]+$')::bigint)")

_logger = logging.getLogger(__name__)

EXPORT_BATCH = 500

#: Notices listed at the end of the certificate.
LATEST = 12

# Notices compared at once: what they say and their letters are in memory meanwhile.
VERIFY_BATCH = 500


class RelanceRegister(models.Model):
    """The head of a company's chain of sealed notices: last number of each year, last rank, last seal.

    One row a company. Appending updates it, so two transactions that append at
    once cannot both succeed: numbers have no gap and the chain no fork. The
    rank alone orders the chain: a clock that is wrong gives numbers of another
    year, and stops nothing.
    """

    _name = "relance.register"
    _description = "Dunning Register"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    last_numbers = fields.Json(readonly=True, help="Last number given, by year of the date of the notices.")
    last_rank = fields.Integer(readonly=True)
    last_seal = fields.Char(readonly=True, default=GENESIS)
    # What an earlier installation left behind (relance_register_resume.py): this chain begins after it.
    carried_rank = fields.Integer(readonly=True)
    carried_seal = fields.Char(readonly=True)
    carried_numbers = fields.Json(readonly=True)
    carried_name = fields.Char(readonly=True)
    carried_on = fields.Date(readonly=True)

    _company_uniq = models.UniqueIndex("(company_id)", "A company has one dunning register.")

    # === HEAD OF THE CHAIN === #

    @api.model
    def _lock(self, company, years):
        """Return the head of the register of ``company``, locked until the transaction ends; made if need be.

        :param years: years of which numbers will be taken
        :return: dict ``id``, ``numbers`` (``{year: last number}``, never below the highest that a notice has),
            ``last_rank``, ``last_seal``
        """
        [row] = self.env.execute_query_dict(
            SQL(
                """
                INSERT INTO relance_register (company_id, last_numbers, last_rank, last_seal)
                VALUES (%(company)s, '{}', 0, %(genesis)s)
           ON CONFLICT (company_id) DO UPDATE SET last_rank = relance_register.last_rank
             RETURNING id, last_numbers AS numbers, last_rank, last_seal, %(highest)s AS highest,
                       -- zero in a row that was inserted
                       xmax = 0 AND EXISTS (SELECT FROM ir_config_parameter WHERE key LIKE %(left)s) AS goes_on
                """,
                company=company.id,
                genesis=GENESIS,
                highest=self._sql_highest(company, years),
                left=f"{PARAMETER}%",
            )
        )
        if row.pop("goes_on"):
            row |= self._resume(company)
        numbers, highest = row["numbers"] or {}, row.pop("highest") or {}
        given = {int(year): number for year, number in numbers.items()}
        present = {int(year): number or 0 for year, number in highest.items()}
        row["numbers"] = given | {year: max(number, given.get(year, 0)) for year, number in present.items()}
        return row

    @api.model
    def _sql_highest(self, company, years):
        """Return the highest number that notices of ``company`` have, as JSON by year."""
        return SQL(
            """
            (SELECT jsonb_object_agg(wanted.year, highest.number)
               FROM unnest(%(years)s::int4[], %(prefixes)s::text[]) AS wanted (year, prefix)
         CROSS JOIN LATERAL (SELECT MAX(%(digits)s) AS number FROM relance_notice
                              WHERE company_id = %(company)s AND name <> '/' AND %(prefix)s = wanted.prefix) highest)
            """,
            years=sorted(years),
            prefixes=[self._get_number_prefix(year) for year in sorted(years)],
            digits=NUMBER_DIGITS,
            prefix=NUMBER_PREFIX,
            company=company.id,
        )

    @api.model
    def _get_number_prefix(self, year):
        """Return what the numbers of ``year`` begin with."""
        return re.sub(r"\d+$", "", self.env["relance.notice"]._format_number(year, 0))

    @api.model
    def _get_next_number(self, head, year):
        """Return the next register number of ``year``, counted in the locked ``head``."""
        head["numbers"][year] = head["numbers"].get(year, 0) + 1
        return self.env["relance.notice"]._format_number(year, head["numbers"][year])

    @api.model
    def _store_head(self, head):
        """Write the head back after numbering or appending."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_register SET last_numbers = %(numbers)s::jsonb, last_rank = %(last_rank)s,
                       last_seal = %(last_seal)s
                 WHERE id = %(id)s RETURNING id
                """,
                **(head | {"numbers": json.dumps(head["numbers"], sort_keys=True)}),
            )
        )
        self.invalidate_model()

    @api.model
    def _get_seal(self, previous_seal, payload):
        """Return the seal: sha256 of the previous seal and the canonical JSON of a notice, in hexadecimal."""
        return hashlib.sha256((previous_seal + payload).encode()).hexdigest()

    @api.model
    def _serialize(self, content):
        """Return the canonical JSON of ``content``: sorted keys, no spaces, Unicode kept."""
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @api.model
    def _read_content(self, payload):
        """Return what a sealed text says, as a dict; empty when it was tampered with so that it says nothing."""
        try:
            content = json.loads(payload or "{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @api.model
    def _get_anchor_text(self, rank, seal):
        """Return the line by which letters, e-mails and digests carry the head of the register out of this database.

        :param rank: rank of the head known when it was made; 0 when nothing was sealed yet: the line is empty then
        :param seal: its seal, of which the first digits are printed in groups of four
        """
        if not rank or not seal:
            return ""
        digits = " ".join(re.findall("....", seal[:PRINTED_DIGITS]))
        return self.env._("Dunning register, rank %(rank)s, seal %(seal)s", rank=rank, seal=digits)

    # === VERIFICATION === #

    @api.model
    def _verify(self, company):
        """Recompute the chain of ``company`` and hold every row against what was sealed.

        A register that goes on from an earlier installation begins after the head that was left (`_get_start`).

        :return: dict ``{"valid", "checked", "broken", "reason"}``; ``broken`` is the number of the first bad row
        """
        self.env.flush_all()
        Notice = self.env["relance.notice"]
        # The whole chain, whatever the reader's companies: a register is verified entirely or not at all.
        sealed_ids = (
            Notice.sudo().search([("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence").ids
        )
        rank, previous, _numbers = self._get_start(company)
        checked, last = 0, False
        for batch_ids in split_every(VERIFY_BATCH, sealed_ids):
            rows = self._get_sealed_rows(batch_ids)
            # All of them, as above.
            contents = Notice.sudo().browse(batch_ids)._get_contents()
            for row in rows:
                checked += 1
                rank += 1
                reason = self._find_fault(row, self._serialize(contents[row["id"]]), previous, rank)
                if reason:
                    return {"valid": False, "checked": checked, "broken": row["name"], "reason": reason}
                previous, last = row["seal"], row["name"]
        missing = (
            self._find_missing_end(company, rank, previous)
            or self._find_contradiction(company)
            or self._find_missing_number(company)
            or self._find_orphan(company)
        )
        if missing:
            reason, number = missing
            broken = number or last or self.env._("first notice")
            return {"valid": False, "checked": checked, "broken": broken, "reason": reason}
        return {"valid": True, "checked": checked, "broken": False, "reason": False}

    @api.model
    def _get_start(self, company):
        """Return ``(rank, seal, {year: number})`` after which the chain of ``company`` begins, 0 where it is new."""
        # The head is one row a company, read by those who verify it.
        head_sudo = self.sudo().search([("company_id", "=", company.id)])
        head_sudo.invalidate_recordset()
        numbers = {int(year): number for year, number in (head_sudo.carried_numbers or {}).items()}
        return head_sudo.carried_rank, head_sudo.carried_seal or GENESIS, numbers

    @api.model
    def _get_sealed_rows(self, notice_ids):
        """Return the links of the chain as the table holds them (dicts), in their order."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT id, name, seal, previous_seal, seal_sequence, seal_payload, date, printed_deadline, deadline,
                       COALESCE(presented_date, received_date) AS presented
                  FROM relance_notice
                 WHERE id = ANY(%s) ORDER BY seal_sequence
                """,
                list(notice_ids),
            )
        )

    @api.model
    def _find_fault(self, row, payload, previous, rank):
        """Return what is wrong with one sealed notice, or False.

        :param row: its link of the chain, as `_get_sealed_rows` gives it
        :param payload: what its figures, lines and letter say today, as canonical JSON
        """
        if row["seal_sequence"] != rank:
            return self.env._("A notice is missing before this one.")
        if row["previous_seal"] != previous:
            return self.env._("The seal of the previous notice is not the one recorded.")
        if self._get_seal(previous, row["seal_payload"] or "") != row["seal"]:
            return self.env._("The sealed content was changed.")
        if self._read_content(row["seal_payload"]).get("version", 1) not in VERSIONS:
            return self.env._("It was sealed by a later version of the application: upgrade before you verify.")
        if row["seal_payload"] != payload:
            return self.env._("The figures of the notice differ from the sealed content.")
        # The one printed is what notices have that were presented before deadlines moved with the presentation.
        given = effective_deadline(row["date"], row["printed_deadline"], row["presented"]) or None
        if row["deadline"] not in (given, row["printed_deadline"]):
            return self.env._("The deadline of the notice is not the one that its sealed dates give.")
        return False

    @api.model
    def _find_missing_end(self, company, rank, seal):
        """Return ``(reason, False)`` when the chain ends before its head, else None."""
        # The head is one row a company, read by those who verify it.
        head_sudo = self.sudo().search([("company_id", "=", company.id)])
        head_sudo.invalidate_recordset()
        if head_sudo.last_rank != rank or (rank and head_sudo.last_seal != seal):
            return self.env._("The end of the register is missing: its last notices were removed."), False
        return None

    @api.model
    def _find_contradiction(self, company):
        """Return ``(reason, number)`` when a head carried by a notice or a digest is not in the chain, else None.

        A person who cuts the chain and makes it anew gives other seals to the same ranks.
        """
        start, seal, _numbers = self._get_start(company)
        carriers = SQL(
            """
            SELECT notice.name, NULL::timestamp AS sent_on, notice.anchor_rank, notice.anchor_seal,
                   notice.seal_sequence AS before FROM relance_notice notice
             WHERE notice.company_id = %(company)s AND notice.seal IS NOT NULL AND notice.anchor_seal IS NOT NULL
         UNION ALL
            SELECT NULL, digest.sent_on, digest.anchor_rank, digest.anchor_seal, NULL FROM relance_digest digest
             WHERE digest.company_id = %(company)s AND digest.anchor_seal IS NOT NULL
            """,
            company=company.id,
        )
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT carrier.* FROM (%(carriers)s) carrier
             LEFT JOIN relance_notice anchored
                    ON anchored.company_id = %(company)s AND anchored.seal IS NOT NULL
                   AND anchored.seal_sequence = carrier.anchor_rank
                 WHERE carrier.anchor_rank >= carrier.before
                    OR carrier.anchor_seal IS DISTINCT FROM
                       CASE WHEN carrier.anchor_rank = %(start)s THEN %(seal)s ELSE anchored.seal END
              ORDER BY carrier.before, carrier.anchor_rank LIMIT 1
                """,
                carriers=carriers,
                company=company.id,
                start=start,
                seal=seal,
            )
        )
        if not rows:
            return None
        [row] = rows
        if row["name"]:
            reason = self.env._("It carries a seal for rank %s that the register does not have.", row["anchor_rank"])
            return reason, row["name"]
        reason = self.env._(
            "The digest sent on %(day)s carries rank %(rank)s with a seal that the register does not have: notices "
            "were removed or made anew since.",
            day=format_date(self.env, row["sent_on"]),
            rank=row["anchor_rank"],
        )
        return reason, False

    @api.model
    def _compare_anchor(self, company, rank, digits):
        """Hold what a letter, an e-mail or a digest carries against the register of ``company`` as it is today.

        :param rank: the rank it prints
        :param digits: the first hexadecimal digits of the seal it prints, without spaces
        :return: ``(outcome, sentence)``; outcome ``agrees``, ``differs`` or ``unknown`` (of an earlier installation)
        """
        start, seal, _numbers = self._get_start(company)
        # The whole chain, whatever the reader's rights on each notice.
        notice_sudo = (
            self.env["relance.notice"]
            .sudo()
            .search([("company_id", "=", company.id), ("seal", "!=", False), ("seal_sequence", "=", rank)], limit=1)
        )
        if rank < start:
            sentence = self.env._(
                "Rank %(rank)s belongs to an earlier register, which ended at rank %(last)s and is not in this "
                "database.",
                rank=rank,
                last=start,
            )
            return "unknown", sentence
        if rank == start:
            kept, name = seal, self.env._("the last notice of the earlier register")
        elif notice_sudo:
            kept, name = notice_sudo.seal, notice_sudo.name
        else:
            return "differs", self.env._(
                "The register has no rank %s. Notices that were sealed have been removed since this was sent.", rank
            )
        if kept.startswith(digits):
            return "agrees", self.env._(
                "Rank %(rank)s of the register (%(notice)s) has this seal: nothing up to this rank was changed, "
                "removed or added since, provided that the register verifies.",
                rank=rank,
                notice=name,
            )
        return "differs", self.env._(
            "Rank %(rank)s of the register (%(notice)s) has another seal (%(seal)s…): the register was made anew since "
            "this was sent, or it comes from another register.",
            rank=rank,
            notice=name,
            seal=kept[: len(digits)],
        )

    @api.model
    def _find_missing_number(self, company):
        """Return ``(reason, number)`` of the first number that no notice has, those cancelled unsealed included.

        Numbers begin after those of an earlier installation, and end with the last one the register gave.
        """
        _rank, _seal, carried = self._get_start(company)
        # One row a company, read by those who verify it.
        last = {
            int(year): number
            for year, number in (self.sudo().search([("company_id", "=", company.id)]).last_numbers or {}).items()
        }
        years = sorted(carried.keys() | last.keys())
        rows = self.env.execute_query(
            SQL(
                r"""
                WITH bounds AS (
                    SELECT prefix, carried, last
                      FROM unnest(%(prefixes)s::text[], %(carried)s::bigint[], %(last)s::bigint[])
                           AS bounds (prefix, carried, last)
                ), given AS (
                    SELECT substring(name FROM '^(.*?)[0-9]+$') AS prefix,
                           substring(name FROM '[0-9]+$') AS digits FROM relance_notice
                     WHERE company_id = %(company)s AND name <> '/'
                ), counted AS (
                    SELECT given.prefix, given.digits::bigint AS number, length(given.digits) AS width,
                           row_number() OVER (PARTITION BY given.prefix ORDER BY given.digits::bigint)
                           + COALESCE(bounds.carried, 0) AS expected
                      FROM given LEFT JOIN bounds ON bounds.prefix = given.prefix
                ), missing AS (
                    SELECT prefix, expected, width FROM counted WHERE number <> expected
                 UNION ALL
                    SELECT bounds.prefix, GREATEST(MAX(counted.number), bounds.carried) + 1, MAX(counted.width)
                      FROM bounds LEFT JOIN counted ON counted.prefix = bounds.prefix
                  GROUP BY bounds.prefix, bounds.carried, bounds.last
                    HAVING bounds.last > GREATEST(MAX(counted.number), bounds.carried)
                )
                SELECT prefix || lpad(expected::text, GREATEST(width, length(expected::text), 5), '0') FROM missing
              ORDER BY prefix, expected LIMIT 1
                """,
                prefixes=[self._get_number_prefix(year) for year in years],
                carried=[carried.get(year, 0) for year in years],
                last=[last.get(year, 0) for year in years],
                company=company.id,
            )
        )
        if rows:
            return self.env._("This number was given to a notice that is not in the register any more."), rows[0][0]
        return None

    @api.model
    def _find_orphan(self, company):
        """Return ``(reason, False)`` when a letter or a message is left of a notice that is not there any more.

        Nobody deletes a notice that has a number, and what belongs to a draft is deleted with it.
        """
        rows = self.env.execute_query(
            SQL(
                """
                (SELECT file.name FROM ir_attachment file
                  WHERE file.res_model = 'relance.notice' AND file.company_id = %(company)s AND file.res_id > 0
                    AND NOT EXISTS (SELECT FROM relance_notice notice WHERE notice.id = file.res_id) LIMIT 1)
                UNION ALL
                (SELECT COALESCE(message.subject, '') FROM mail_message message
                  WHERE message.model = 'relance.notice' AND message.record_company_id = %(company)s
                    AND message.res_id > 0
                    AND NOT EXISTS (SELECT FROM relance_notice notice WHERE notice.id = message.res_id) LIMIT 1)
                """,
                company=company.id,
            )
        )
        if rows:
            return (
                self.env._(
                    "A notice was removed: its letter or message is still there (%s).",
                    rows[0][0] or self.env._("without a name"),
                ),
                False,
            )
        return None

    # === EXPORT === #

    @api.model
    def _check_verifier(self, companies):
        """Raise unless the user may verify the registers of ``companies`` and hand them on.

        :raises AccessError: who is no accounting administrator, or of another company
        """
        if not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(self.env._("Only an accounting administrator verifies the register."))
        if not self.env.su and companies - self.env.user.company_ids:
            raise AccessError(self.env._("This register belongs to a company that is not yours."))

    @api.model
    def _export_lines(self, company):
        """Yield the register of ``company``, one JSON object a line in the order of the chain.

        Keys: ``rank``, ``number``, ``previous_seal``, ``payload`` (the sealed text itself), ``seal``,
        ``letter_sha256`` (null when the notice has no sealed letter).
        """
        self._check_verifier(company)
        self.env.flush_all()
        # The whole chain, or it proves nothing.
        notices_sudo = self.env["relance.notice"].sudo()
        ids = notices_sudo.search([("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence").ids
        for batch_ids in split_every(EXPORT_BATCH, ids):
            for row in self._get_sealed_rows(batch_ids):
                line = {
                    "rank": row["seal_sequence"],
                    "number": row["name"],
                    "previous_seal": row["previous_seal"],
                    "payload": row["seal_payload"],
                    "seal": row["seal"],
                    "letter_sha256": self._read_content(row["seal_payload"]).get("letter"),
                }
                yield json.dumps(line, ensure_ascii=False) + "\n"

    @api.model
    def _get_years(self, company):
        """Return what the register of ``company`` holds, by year of the numbers: a list of dicts, the oldest first.

        Keys: ``year``, ``first``, ``last`` (numbers), ``sealed``, ``sent``, ``failed``, ``cancelled`` (sealed notices
        by what became of them), ``unsealed`` (numbers of notices given up before they were sealed).
        """
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT substring(name FROM '/([0-9]{4})/') AS year,
                       (array_agg(name ORDER BY length(name), name))[1] AS first,
                       (array_agg(name ORDER BY length(name) DESC, name DESC))[1] AS last,
                       COUNT(*) FILTER (WHERE seal IS NOT NULL) AS sealed,
                       COUNT(*) FILTER (WHERE seal IS NOT NULL AND state = 'sent') AS sent,
                       COUNT(*) FILTER (WHERE seal IS NOT NULL AND state = 'failed') AS failed,
                       COUNT(*) FILTER (WHERE seal IS NOT NULL AND state = 'cancelled') AS cancelled,
                       COUNT(*) FILTER (WHERE seal IS NULL) AS unsealed
                  FROM relance_notice WHERE company_id = %s AND name <> '/'
              GROUP BY 1 ORDER BY 1
                """,
                company.id,
            )
        )

    @api.model
    def action_export(self):
        """Download the sealed contents of the current company."""
        self._check_verifier(self.env.company)
        return {
            "type": "ir.actions.act_url",
            "url": f"/relance_fr/register/{self.env.company.id}",
            "target": "download",
        }

    # === CERTIFICATE === #

    @api.model
    def _prepare_certificate(self, company):
        """Verify the register of ``company`` now and return the values of its certificate.

        :raises AccessError: see `_check_verifier`
        """
        self._check_verifier(company)
        verified_at = fields.Datetime.now()
        partner, user = company.partner_id, self.env.user
        is_french = partner.country_id.code in (False, *self.env["res.company"]._get_france_country_codes())
        siren, siret = registration(company.company_registry, is_french)
        lang = self.env.lang or user.lang or "en_US"
        # The whole register, not what this person may open.
        sealed_sudo = (
            self.env["relance.notice"]
            .sudo()
            .search([("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence desc", limit=LATEST)
        )
        first_sudo = sealed_sudo.search(
            [("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence", limit=1
        )
        head_sudo = self.sudo().search([("company_id", "=", company.id)])
        return {
            "company": company,
            "company_name": one_line(company.name),
            "address": self.env["relance.notice"]._get_letter_address(partner),
            "siren": siren,
            "siret": siret,
            "registry": company.company_registry or "",
            "vat": company.vat or "",
            "user_name": one_line(user.name),
            "verified_at": verified_at,
            "clock": format_datetime(
                self.env, verified_at, tz=company._get_relance_timezone().key, dt_format="HH:mm:ss", lang_code=lang
            ),
            "today": company._relance_today(),
            "result": self._verify(company),
            "years": self._get_years(company),
            "first": first_sudo,
            "latest": sealed_sudo,
            "head": head_sudo,
            "earlier": self._get_earlier(company),
            "states": dict(sealed_sudo._fields["state"]._description_selection(self.env)),
            "kinds": dict(sealed_sudo._fields["kind"]._description_selection(self.env)),
            "write": LetterFormat(self.env, self.env["res.lang"]._get_data(code=lang), company.currency_id),
            "lang": lang,
        }

    @api.model
    def _render_certificate_html(self, company, document=False):
        """Return the certificate of ``company`` as HTML: a fragment for the screen, or a whole ``document``."""
        values = self._prepare_certificate(company)
        template = "relance_fr.register_certificate_body"
        if document:
            style = page_style(_wkhtml().is_patched_qt)
            # Made of paths of this server, no text of a user.
            values |= {"fonts": Markup(style["fonts"]), "zoom": style["zoom"], "title": self._get_title(values)}
            template = "relance_fr.register_certificate_document"
        return self.env["ir.qweb"].with_context(lang=values["lang"])._render(template, values)

    @api.model
    def _get_title(self, values):
        return self.env._(
            "Certificate of the dunning register - %(company)s - %(date)s",
            company=values["company_name"],
            date=values["today"],
        )[:150]

    @api.model
    def _render_certificates(self, companies):
        """Return ``{company id: bytes}`` of certificates as PDF files, the registers being verified now.

        :raises LettersUnavailable: when wkhtmltopdf is missing or does not work
        """
        documents = {}
        for company in companies:
            html = self._render_certificate_html(company, document=True)
            footer = f"{fields.Datetime.now():%Y-%m-%d %H.%M} UTC"
            documents[company.id] = Document(html, None, footer)
        return self.env["relance.notice"]._convert_documents(documents)

    @api.model
    def action_print_certificate(self):
        """Print the certificates of the selected companies' registers, verified as they are printed."""
        self._check_verifier(self.env.companies)
        return self.env.ref("relance_fr.action_report_register").report_action(self.env.companies, config=False)

    # === GOING ON FROM AN EARLIER INSTALLATION === #

    @api.model
    def _leave_heads(self):
        """Write the head of every register to a system parameter. Called as the addon is uninstalled."""
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT register.company_id AS company, register.last_rank AS rank, register.last_seal AS seal,
                       register.last_numbers AS numbers, given.numbers AS given
                  FROM relance_register register
             LEFT JOIN LATERAL (
                       SELECT jsonb_object_agg(prefix, number) AS numbers
                         FROM (SELECT %(prefix)s AS prefix, MAX(%(digits)s) AS number FROM relance_notice
                                WHERE company_id = register.company_id AND name <> '/' GROUP BY 1) highest
                        WHERE prefix IS NOT NULL
                       ) given ON TRUE
                """,
                prefix=NUMBER_PREFIX,
                digits=NUMBER_DIGITS,
            )
        )
        # System parameters are the administrator's, who uninstalls.
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        for row in rows:
            company = self.env["res.company"].browse(row["company"])
            numbers = {int(year): number for year, number in (row["numbers"] or {}).items()}
            for prefix, number in (row["given"] or {}).items():
                year = re.search(r"\d{4}", prefix)
                if year:
                    numbers[int(year[0])] = max(number, numbers.get(int(year[0]), 0))
            left = self._identify(company) | {
                "numbers": numbers,
                "rank": row["rank"] or 0,
                "seal": row["seal"] or GENESIS,
                "left_on": fields.Date.to_string(fields.Date.today()),
            }
            if any(numbers.values()) or left["rank"]:
                parameters_sudo.set_param(f"{PARAMETER}{company.id}", json.dumps(left, ensure_ascii=False))

    @api.model
    def _identify(self, company):
        """Return by what a company is known again: dict ``company`` (id), ``siren``, ``name``."""
        is_french = company.country_id.code in (False, *self.env["res.company"]._get_france_country_codes())
        siren, _siret = registration(company.company_registry, is_french)
        return {"company": company.id, "siren": siren.replace("\N{NO-BREAK SPACE}", ""), "name": one_line(company.name)}

    @api.model
    def _resume(self, company):
        """Let the new, locked register of ``company`` go on from what an earlier installation left.

        :return: dict of what changes in the head, ``numbers``, ``last_rank`` and ``last_seal``; empty without any
        """
        left = self._find_left_heads().get(company)
        if not left:
            return {}
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_register SET last_numbers = %(numbers)s::jsonb, last_rank = %(rank)s,
                       last_seal = %(seal)s, carried_numbers = %(numbers)s::jsonb, carried_rank = %(rank)s,
                       carried_seal = %(seal)s, carried_name = %(name)s, carried_on = %(left_on)s
                 WHERE company_id = %(company)s RETURNING id
                """,
                **(left | {"numbers": json.dumps(left["numbers"]), "company": company.id}),
            )
        )
        self.invalidate_model()
        _logger.info("The dunning register of company %s goes on after rank %s.", company.id, left["rank"])
        return {"numbers": left["numbers"], "last_rank": left["rank"], "last_seal": left["seal"]}

    @api.model
    def _resume_all(self):
        """Make the registers that go on from an earlier installation. Called as the addon is installed."""
        for company in self._find_left_heads():
            # Making the register reads what was left; one that is there goes on as it is.
            self._lock(company, ())

    @api.model
    def _get_earlier(self, company):
        """Return what the register of ``company`` goes on from: None, or a dict.

        Keys: ``rank``, ``seal`` (of its last notice), ``numbers`` (last number of each year, as written), ``name`` (of
        the company then), ``left_on`` (date or False).
        """
        # One row a company, of which everybody who verifies the register is told.
        head_sudo = self.sudo().search([("company_id", "=", company.id)])
        if not head_sudo.carried_rank and not head_sudo.carried_numbers:
            return None
        write = self.env["relance.notice"]._format_number
        numbers = {int(year): number for year, number in (head_sudo.carried_numbers or {}).items() if number}
        return {
            "rank": head_sudo.carried_rank,
            "seal": head_sudo.carried_seal or GENESIS,
            "numbers": [write(year, number) for year, number in sorted(numbers.items())],
            "name": head_sudo.carried_name or "",
            "left_on": head_sudo.carried_on,
        }

    @api.model
    def _find_left_heads(self):
        """Return ``{company: what was left for it}``.

        A company is the one of the same id, unless its SIREN (or, where one has none, its name) says otherwise and
        another company has them: a parameter may have been copied from another database.
        """
        # Read no matter who seals: parameters and companies are the administrator's.
        parameters_sudo = self.env["ir.config_parameter"].sudo().search([("key", "=like", f"{PARAMETER}%")])
        if not parameters_sudo:
            return {}
        # All companies there are, archived ones too.
        companies_sudo = self.env["res.company"].sudo().search([("active", "in", [True, False])])
        known = {company: self._identify(company) for company in companies_sudo}
        heads = {}
        for parameter_sudo in parameters_sudo:
            left = self._read_left(parameter_sudo)
            company = left and self._find_company(left, known)
            if company and left["rank"] >= heads.get(company, left)["rank"]:
                heads[company] = left
        return {company.with_env(self.env): left for company, left in heads.items()}

    @api.model
    def _read_left(self, parameter_sudo):
        """Return what a system parameter says was left, checked, or None."""
        try:
            left = json.loads(parameter_sudo.value)
            left = {
                "company": int(left["company"]),
                "siren": str(left.get("siren") or ""),
                "name": one_line(str(left.get("name") or "")),
                "numbers": {int(year): max(int(number), 0) for year, number in left["numbers"].items()},
                "rank": max(int(left["rank"]), 0),
                "seal": str(left["seal"]),
                "left_on": fields.Date.to_date(left.get("left_on")) or None,
            }
            numbers = [*left["numbers"], *left["numbers"].values(), left["rank"]]
            if not re.fullmatch("[0-9a-f]{64}", left["seal"]) or max(numbers) >= 2**31:
                raise ValueError("no seal, or a number that no register reaches")
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            _logger.error("The system parameter %s cannot be read: no register goes on from it.", parameter_sudo.key)
            return None
        return left

    @api.model
    def _find_company(self, left, known):
        """Return the company that ``left`` is about.

        :param known: ``{company: its marks}`` as `_identify` gives them
        """
        same = next((company for company in known if company.id == left["company"]), None)
        if same and self._agrees(known[same], left):
            return same
        for mark in ("siren", "name"):
            found = [company for company, marks in known.items() if left[mark] and marks[mark] == left[mark]]
            if len(found) == 1:
                return found[0]
        # Renamed or registered anew since: within a database an id is never given twice.
        return same

    @api.model
    def _agrees(self, marks, left):
        if marks["siren"] and left["siren"]:
            return marks["siren"] == left["siren"]
        return marks["name"] == left["name"]
