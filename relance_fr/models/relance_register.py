import hashlib
import json
import re

from odoo import api, fields, models
from odoo.tools import SQL

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

    # === HEAD === #

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
        return re.sub(r"\d+$", "", self.env["relance.engine"]._format_number(year, 0))

    @api.model
    def _take_number(self, head, year):
        """Return the next register number of ``year``, counted in the locked ``head``."""
        head["numbers"][year] = head["numbers"].get(year, 0) + 1
        return self.env["relance.engine"]._format_number(year, head["numbers"][year])

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

    # === SEAL === #

    @api.model
    def _compute_seal(self, previous_seal, payload):
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

    # === ANCHOR === #

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
