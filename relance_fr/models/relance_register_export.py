import json

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, split_every

EXPORT_BATCH = 500


class RelanceRegister(models.Model):
    """The sealed contents as a file: whoever holds it recomputes the chain without Odoo (docs/register.md)."""

    _inherit = "relance.register"

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
