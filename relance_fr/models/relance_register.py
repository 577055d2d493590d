import hashlib
import json

from odoo import api, fields, models
from odoo.tools import SQL

GENESIS = "0" * 64


class RelanceRegister(models.Model):
    """The head of a company's chain of sealed notices: last number, last rank, last seal.

    One row a company. Appending updates it, so two transactions that append at
    once cannot both succeed: numbers have no gap and the chain no fork.
    """

    _name = "relance.register"
    _description = "Dunning Register"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    year = fields.Integer(readonly=True)
    last_number = fields.Integer(readonly=True, help="Last number given in the year.")
    last_rank = fields.Integer(readonly=True)
    last_seal = fields.Char(readonly=True, default=GENESIS)

    _company_uniq = models.UniqueIndex("(company_id)", "A company has one dunning register.")

    @api.model
    def _lock(self, company, year):
        """Return the register row of ``company`` as a dict, locked until the transaction ends.

        It is created if need be, and numbers start again when ``year`` is a new one.
        """
        [row] = self.env.execute_query_dict(
            SQL(
                """
                INSERT INTO relance_register (company_id, year, last_number, last_rank, last_seal)
                VALUES (%(company)s, %(year)s, 0, 0, %(genesis)s)
           ON CONFLICT (company_id) DO UPDATE SET year = EXCLUDED.year,
                       last_number = CASE WHEN relance_register.year = EXCLUDED.year
                                          THEN relance_register.last_number ELSE 0 END
             RETURNING id, year, last_number, last_rank, last_seal
                """,
                company=company.id,
                year=year,
                genesis=GENESIS,
            )
        )
        return row

    @api.model
    def _take_numbers(self, company, year, count):
        """Take ``count`` numbers of ``year`` in the register of ``company``; return the first one."""
        [[last]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO relance_register (company_id, year, last_number, last_rank, last_seal)
                VALUES (%(company)s, %(year)s, %(count)s, 0, %(genesis)s)
           ON CONFLICT (company_id) DO UPDATE SET year = EXCLUDED.year,
                       last_number = EXCLUDED.last_number
                                     + CASE WHEN relance_register.year = EXCLUDED.year
                                            THEN relance_register.last_number ELSE 0 END
             RETURNING last_number
                """,
                company=company.id,
                year=year,
                count=count,
                genesis=GENESIS,
            )
        )
        self.invalidate_model()
        return last - count + 1

    @api.model
    def _store_head(self, row):
        """Write the head back after appending."""
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_register SET last_number = %(last_number)s, last_rank = %(last_rank)s,
                       last_seal = %(last_seal)s
                 WHERE id = %(id)s RETURNING id
                """,
                **row,
            )
        )
        self.invalidate_model()

    @api.model
    def _compute_seal(self, previous_seal, payload):
        """Return the seal: sha256 of the previous seal and the canonical JSON of a notice, in hexadecimal."""
        return hashlib.sha256((previous_seal + payload).encode()).hexdigest()

    # === VERIFICATION === #

    @api.model
    def _verify(self, company):
        """Recompute the chain of ``company`` and hold every row against what was sealed.

        :return: dict ``{"valid", "checked", "broken", "reason"}``; ``broken`` is the number of the first bad row
        """
        # The whole chain, whatever the reader's companies: a register is verified entirely or not at all.
        notices_sudo = (
            self.env["relance.notice"]
            .sudo()
            .search([("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence")
        )
        notices_sudo.invalidate_recordset()
        notices_sudo.line_ids.invalidate_recordset()
        payloads = self.env["relance.engine"]._get_payloads(notices_sudo, sealed=True)
        previous = GENESIS
        for rank, notice_sudo in enumerate(notices_sudo, start=1):
            reason = self._find_fault(notice_sudo, payloads, previous, rank)
            if reason:
                return {"valid": False, "checked": rank, "broken": notice_sudo.name, "reason": reason}
            previous = notice_sudo.seal
        head = self.sudo().search([("company_id", "=", company.id)])
        if head.last_rank != len(notices_sudo) or (notices_sudo and head.last_seal != previous):
            reason = self.env._("The end of the register is missing: its last notices were removed.")
            broken = notices_sudo[-1:].name or self.env._("first notice")
            return {"valid": False, "checked": len(notices_sudo), "broken": broken, "reason": reason}
        return {"valid": True, "checked": len(notices_sudo), "broken": False, "reason": False}

    @api.model
    def _find_fault(self, notice_sudo, payloads, previous, rank):
        """Return what is wrong with one sealed notice, or False."""
        if notice_sudo.seal_sequence != rank:
            return self.env._("A notice is missing before this one.")
        if notice_sudo.previous_seal != previous:
            return self.env._("The seal of the previous notice is not the one recorded.")
        if self._compute_seal(previous, notice_sudo.seal_payload or "") != notice_sudo.seal:
            return self.env._("The sealed content was changed.")
        if notice_sudo.seal_payload != payloads[notice_sudo.id][1]:
            return self.env._("The figures of the notice differ from the sealed content.")
        return False

    @api.model
    def _serialize(self, content):
        """Return the canonical JSON of ``content``: sorted keys, no spaces, Unicode kept."""
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
