import json
import logging
import re

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.letter_format import one_line, registration
from .relance_register import GENESIS, NUMBER_DIGITS, NUMBER_PREFIX, PARAMETER

_logger = logging.getLogger(__name__)


class RelanceRegister(models.Model):
    """What is left when the addon is uninstalled, and how the register goes on from it: no number is given twice."""

    _inherit = "relance.register"

    # === LEAVE === #

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

    # === GO ON === #

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
        write = self.env["relance.engine"]._format_number
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
        # Read whoever seals: parameters and companies are the administrator's.
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
