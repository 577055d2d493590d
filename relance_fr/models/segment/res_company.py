from odoo import api, models
from odoo.tools import SQL

# Above this number of debtors a change of the rules is worked out by the job, not while somebody waits.
DEBTORS_AT_ONCE = 5000


class ResCompany(models.Model):
    """Put debtors in segments, set-based: a segment set by hand, else the first rule that fits."""

    _inherit = "res.company"

    def _relance_assign_segments(self, partner_ids=None):
        """Bring the segments of the debtors of the company up to date, and the next steps of those whose changed.

        :param partner_ids: commercial partners, all debtors when None
        """
        self.env.flush_all()
        changed = self.env.execute_query(
            SQL(
                """
                UPDATE relance_partner_profile profile
                   SET segment_id = found.segment_id
                  FROM (%s) found
                 WHERE found.id = profile.id AND profile.segment_id IS DISTINCT FROM found.segment_id
             RETURNING profile.partner_id
                """,
                self._relance_query_segments(self.env["relance.segment"]._get_rules(self), partner_ids),
            )
        )
        if not changed:
            return
        self._relance_forget_profiles()
        self._relance_refresh_open_of([row[0] for row in changed])

    def _relance_refresh_open_of(self, partner_ids):
        """Bring the next steps of what debtors owe the company up to date."""
        # Stored by the system, also of invoices out of the user's sight.
        self.env["relance.decision"].sudo()._refresh_progress(
            companies=self,
            condition=SQL(
                "move.company_id = %s AND line.reconciled IS NOT TRUE AND move.commercial_partner_id = ANY(%s)",
                self.id,
                list(partner_ids),
            ),
        )

    def _relance_query_segments(self, rules, partner_ids=None):
        """Return the query of the debtors of the company with their segment under ``rules``: id (profile), segment_id.

        A segment set by hand wins, while it is active. Rules on figures leave out customers who are not scored.
        """
        hand = SQL("(partner.relance_own_segment_id ->> %s)::int4", str(self.id))
        usable = self.env["relance.segment"]._get_rules(self).ids
        cases = [SQL("WHEN %s = ANY(%s) THEN %s", hand, usable, hand)]
        for rule in rules:
            fits = SQL("profile.partner_id IN %s", rule._search_debtors(self).subselect())
            if rule.uses_score:
                fits = SQL("profile.status <> 'natural' AND %s", fits)
            cases.append(SQL("WHEN %s THEN %s", fits, rule.id))
        return SQL(
            """
            SELECT profile.id, CASE %s END AS segment_id
              FROM relance_partner_profile profile
              JOIN res_partner partner ON partner.id = profile.partner_id
             WHERE profile.company_id = %s %s
            """,
            SQL(" ").join(cases),
            self.id,
            self.env["relance.ledger"]._sql_scope(SQL("profile.partner_id"), partner_ids),
        )

    @api.model
    def _relance_assign_segments_soon(self):
        """Apply changed rules: at once for few debtors, by the job for many. The installation ends with the job."""
        if self.env.context.get("install_mode"):
            return
        for company in self.env["res.company"].search([("active", "=", True)]):
            if not company._relance_is_left_to_job():
                company._relance_assign_segments()

    def _relance_is_left_to_job(self):
        """Tell whether the company has so many debtors that the job works for them, and start it then."""
        many = self.env["relance.partner.profile"].search_count(
            [("company_id", "=", self.id)], limit=DEBTORS_AT_ONCE + 1
        )
        if many > DEBTORS_AT_ONCE:
            # A user who edits a segment need not read the jobs.
            self.env.ref("relance_fr.ir_cron_refresh_profiles").sudo()._trigger()
        return many > DEBTORS_AT_ONCE
