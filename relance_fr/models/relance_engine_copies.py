from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """Who is in copy of the e-mails: the level's people, the salespersons, the debtor's escalation contacts."""

    _inherit = "relance.engine"

    @api.model
    def _refresh_copies(self, notices, as_of):
        """Freeze who is in copy of ``notices`` that are not sealed yet, in one statement; none for most levels."""
        copied = notices.filtered(lambda notice: notice.level_id._has_copies() or notice.email_cc)
        if not copied:
            return
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET email_cc = fresh.email_cc
                  FROM (
                        SELECT notice.id, string_agg(DISTINCT copy.email, ', ' ORDER BY copy.email) AS email_cc
                          FROM relance_notice notice
                          JOIN relance_level level ON level.id = notice.level_id
                     LEFT JOIN LATERAL (
                               SELECT candidate.email FROM (%(candidates)s) candidate WHERE %(usable)s
                               ) copy ON notice.email_to IS NOT NULL
                         WHERE notice.id = ANY(%(ids)s) AND notice.seal IS NULL
                      GROUP BY notice.id
                       ) fresh
                 WHERE relance_notice.id = fresh.id AND relance_notice.email_cc IS DISTINCT FROM fresh.email_cc
             RETURNING relance_notice.id
                """,
                candidates=self._sql_copies(),
                usable=self._sql_copy_usable(as_of),
                ids=copied.ids,
            )
        )
        copied.invalidate_recordset(["email_cc"])

    @api.model
    def _sql_copies(self):
        """Return the query of the addresses to copy on ``notice`` of ``level``. An override may add some (UNION)."""
        return SQL(
            """
            SELECT person.email_normalized AS email
              FROM relance_level_cc_partner_rel link JOIN res_partner person ON person.id = link.partner_id
             WHERE link.level_id = level.id AND person.active
             UNION
            SELECT person.email_normalized
              FROM relance_notice_line fact
              JOIN account_move move ON move.id = fact.move_id
              JOIN res_users salesperson ON salesperson.id = move.invoice_user_id AND salesperson.active
              JOIN res_partner person ON person.id = salesperson.partner_id
             WHERE level.cc_salesperson AND fact.notice_id = notice.id
             UNION
            SELECT person.email_normalized
              FROM relance_escalation_rel link JOIN res_partner person ON person.id = link.contact_id
             WHERE level.cc_escalation AND link.partner_id = notice.partner_id AND person.active
               AND person.commercial_partner_id = notice.partner_id
            """
        )

    @api.model
    def _sql_copy_usable(self, as_of):
        """Return whether ``candidate`` may be copied: not the addressee himself, not refused, not blacklisted."""
        return SQL(
            """
            candidate.email LIKE '%%@%%'
            AND candidate.email <> ALL(%(to)s)
            AND NOT EXISTS (SELECT FROM mail_blacklist barred WHERE barred.email = candidate.email AND barred.active)
            AND NOT EXISTS (
                SELECT FROM relance_notice refused
                 WHERE refused.partner_id = notice.partner_id AND refused.address_refused
                   AND refused.date <= %(as_of)s AND candidate.email = ANY(%(refused)s))
            """,
            to=self._sql_addresses(SQL("notice.email_to")),
            refused=self._sql_addresses(SQL("refused.email_to")),
            as_of=as_of,
        )

    @api.model
    def _sql_addresses(self, column):
        """Return the array of the bare addresses, in small letters, in a ``column`` such as '"Doe" <d@example.com>'."""
        return SQL("regexp_split_to_array(lower(COALESCE(%s, '')), '[\\s,;<>\"]+')", column)
