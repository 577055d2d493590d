from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Above this number of debtors a change of the rules is worked out by the job, not while somebody waits.
DEBTORS_AT_ONCE = 5000


class RelanceEngine(models.AbstractModel):
    """Put debtors in segments, set-based: a segment set by hand, else the first rule that fits."""

    _inherit = "relance.engine"

    # === WHO IS IN WHICH === #

    @api.model
    def _assign_segments(self, company, partner_ids=None):
        """Bring the segments of the debtors of ``company`` up to date, and the next steps of those whose changed.

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
                self._query_segments(company, self.env["relance.segment"]._get_rules(company), partner_ids),
            )
        )
        if not changed:
            return
        self._forget_profiles()
        self._refresh_open_of(company, [row[0] for row in changed])

    @api.model
    def _refresh_segments(self, segments):
        """Bring the next steps of the debtors in ``segments`` up to date, whose calendar changed."""
        profiles = self.env["relance.partner.profile"]._read_group(
            [("segment_id", "in", segments.ids)], ["company_id"], ["partner_id:array_agg"]
        )
        for company, partner_ids in profiles:
            self._refresh_open_of(company, partner_ids)

    @api.model
    def _refresh_open_of(self, company, partner_ids):
        """Bring the next steps of what debtors owe ``company`` up to date."""
        self.sudo()._refresh_progress(
            companies=company,
            condition=SQL(
                "move.company_id = %s AND line.reconciled IS NOT TRUE AND move.commercial_partner_id = ANY(%s)",
                company.id,
                list(partner_ids),
            ),
        )

    @api.model
    def _query_segments(self, company, rules, partner_ids=None):
        """Return the query of the debtors of ``company`` with their segment under ``rules``: id (profile), segment_id.

        A segment set by hand wins, while it is active. Rules on figures leave out whoever is not scored.
        """
        hand = SQL("(partner.relance_own_segment_id ->> %s)::int4", str(company.id))
        usable = self.env["relance.segment"]._get_rules(company).ids
        cases = [SQL("WHEN %s = ANY(%s) THEN %s", hand, usable, hand)]
        for rule in rules:
            fits = SQL("profile.partner_id IN %s", rule._search_debtors(company).subselect())
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
            company.id,
            self._sql_scope(SQL("profile.partner_id"), partner_ids),
        )

    @api.model
    def _count_debtors(self, segment, company, visible):
        """Return how many debtors of ``company`` the rule of ``segment`` fits, and how many it takes in its place.

        :param visible: query of the partners that are counted
        """
        self.env.flush_all()
        rules = (self.env["relance.segment"]._get_rules(company) | segment).sorted(
            lambda rule: (rule.sequence, rule.id)
        )
        counts = []
        for tested in (segment, rules):
            query = self._query_segments(company, tested)
            [[count]] = self.env.execute_query(
                SQL(
                    """
                    SELECT COUNT(*) FROM (%s) found JOIN relance_partner_profile profile USING (id)
                     WHERE found.segment_id = %s AND profile.partner_id IN %s
                    """,
                    query,
                    segment.id,
                    visible.subselect(),
                )
            )
            counts.append(count)
        return tuple(counts)

    # === WHEN === #

    @api.model
    def _assign_segments_soon(self):
        """Apply changed rules: at once for few debtors, by the job for many. The installation ends with the job."""
        if self.env.context.get("install_mode"):
            return
        for company in self.env["res.company"].search([("active", "=", True)]):
            if not self._is_left_to_job(company):
                self._assign_segments(company)

    @api.model
    def _refresh_profiles_soon(self, companies):
        """Compute the profiles of ``companies`` after a setting changed: at once for few debtors, else by the job."""
        for company in companies:
            if not self._is_left_to_job(company):
                self._refresh_profiles(company)

    @api.model
    def _is_left_to_job(self, company):
        """Tell whether ``company`` has so many debtors that the job works for them, and start it then."""
        many = self.env["relance.partner.profile"].search_count(
            [("company_id", "=", company.id)], limit=DEBTORS_AT_ONCE + 1
        )
        if many > DEBTORS_AT_ONCE:
            self.env.ref("relance_fr.ir_cron_refresh_profiles").sudo()._trigger()
        return many > DEBTORS_AT_ONCE

    # === THE PROFILES === #

    @api.model
    def _refresh_all_profiles(self):
        """Compute the profiles of every company anew, one after the other (the nightly job)."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self._commit_progress(remaining=len(companies))
        for company in companies:
            with self._standing_alone(company):
                self._in_company(company)._refresh_profiles(company)
            if not self._commit_progress(1):
                break

    @api.model
    def _refresh_profiles(self, company, partner_ids=None):
        """Compute figures, scores and segments of ``company``, and its alerts when for all debtors. Idempotent.

        :param partner_ids: commercial partners, all debtors when None
        """
        self.env.flush_all()
        today = self._today(company)
        self._score_debtors(company, today, partner_ids)
        self._assign_segments(company, partner_ids)
        if partner_ids is None:
            self._refresh_alerts(company, today)

    @api.model
    def _refresh_profiles_of(self, partners):
        """Compute the profiles of edited ``partners`` anew, in the companies where they have one.

        A rule that cannot be applied is the accountant's business, not of whoever edits a customer.
        """
        profiles = self.env["relance.partner.profile"].search([("partner_id", "in", partners.ids)])
        for company, owned in profiles.grouped("company_id").items():
            try:
                self._refresh_profiles(company, owned.partner_id.ids)
            except UserError as error:
                self._warn_accountant(company, str(error))

    @api.model
    def _forget_natural_persons(self, company):
        """Erase at once what was computed of natural persons, once ``company`` scores them no more (GDPR art. 17)."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT profile.partner_id
                  FROM relance_partner_profile profile
                  JOIN res_partner partner ON partner.id = profile.partner_id
                 WHERE profile.company_id = %s AND %s
                """,
                company.id,
                self._sql_unscored(company),
            )
        )
        partner_ids = [row[0] for row in rows]
        self._refresh_profiles(company, partner_ids)
        # A credit limit is no score: its alerts stay.
        self.env["relance.alert"].search(
            [("company_id", "=", company.id), ("kind", "!=", "credit_limit"), ("partner_id", "in", partner_ids)]
        ).unlink()
