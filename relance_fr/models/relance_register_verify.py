from odoo import api, models
from odoo.tools import SQL, split_every

from .relance_register import GENESIS

# Notices compared at once: what they say and their letters are in memory meanwhile.
VERIFY_BATCH = 500


class RelanceRegister(models.Model):
    """Verification: the chain recomputed, rows, lines and letters held against what was sealed, numbers without gap."""

    _inherit = "relance.register"

    @api.model
    def _verify(self, company):
        """Recompute the chain of ``company`` and hold every row against what was sealed.

        :return: dict ``{"valid", "checked", "broken", "reason"}``; ``broken`` is the number of the first bad row
        """
        self.env.flush_all()
        Notice = self.env["relance.notice"]
        # The whole chain, whatever the reader's companies: a register is verified entirely or not at all.
        sealed_ids = (
            Notice.sudo().search([("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence").ids
        )
        previous, last, rank = GENESIS, False, 0
        for batch_ids in split_every(VERIFY_BATCH, sealed_ids):
            rows = self._get_sealed_rows(batch_ids)
            payloads = self.env["relance.engine"]._get_payloads(Notice.sudo().browse(batch_ids), sealed=True)
            for row in rows:
                rank += 1
                reason = self._find_fault(row, payloads[row["id"]][1], previous, rank)
                if reason:
                    return {"valid": False, "checked": rank, "broken": row["name"], "reason": reason}
                previous, last = row["seal"], row["name"]
        missing = self._find_missing_end(company, rank, previous) or self._find_missing_number(company)
        if missing:
            reason, number = missing
            broken = number or last or self.env._("first notice")
            return {"valid": False, "checked": rank, "broken": broken, "reason": reason}
        return {"valid": True, "checked": rank, "broken": False, "reason": False}

    @api.model
    def _get_sealed_rows(self, notice_ids):
        """Return the links of the chain as the table holds them (dicts), in their order."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT id, name, seal, previous_seal, seal_sequence, seal_payload FROM relance_notice
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
        if row["seal_payload"] != payload:
            return self.env._("The figures of the notice differ from the sealed content.")
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
    def _find_missing_number(self, company):
        """Return ``(reason, number)`` of the first number that no notice has, those cancelled unsealed included."""
        rows = self.env.execute_query(
            SQL(
                r"""
                WITH given AS (
                    SELECT substring(name FROM '^(.*?)[0-9]+$') AS prefix,
                           substring(name FROM '[0-9]+$') AS digits FROM relance_notice
                     WHERE company_id = %s AND name <> '/'
                ), counted AS (
                    SELECT prefix, digits, row_number() OVER (PARTITION BY prefix ORDER BY digits::bigint) AS expected
                      FROM given
                )
                SELECT prefix || lpad(expected::text, length(digits), '0') FROM counted
                 WHERE digits::bigint <> expected ORDER BY prefix, expected LIMIT 1
                """,
                company.id,
            )
        )
        if rows:
            return self.env._("This number was given to a notice that is not in the register any more."), rows[0][0]
        return None
