from odoo import api, models
from odoo.tools import SQL, format_date, split_every

from .relance_notice_postal import effective_deadline
from .relance_register import GENESIS, VERSIONS

# Notices compared at once: what they say and their letters are in memory meanwhile.
VERIFY_BATCH = 500


class RelanceRegister(models.Model):
    """Verification: the chain recomputed, rows, lines and letters held against what was sealed, numbers without gap."""

    _inherit = "relance.register"

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
            contents = self.env["relance.engine"]._get_contents(Notice.sudo().browse(batch_ids))
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
        if self._compute_seal(previous, row["seal_payload"] or "") != row["seal"]:
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

        Whoever cuts the chain and makes it anew gives other seals to the same ranks.
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

        Nobody deletes a notice that has a number, and whoever deletes a draft deletes what belongs to it.
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
