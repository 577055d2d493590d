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

    @api.model
    def _serialize(self, content):
        """Return the canonical JSON of ``content``: sorted keys, no spaces, Unicode kept."""
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
