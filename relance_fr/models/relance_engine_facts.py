from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """What is known of an open instalment besides its amount: drafts, contacts, settings, bank.

    SQL fragments, each one question about one instalment: looked up by index for each, whatever the planner
    believes of the size of tables that a batch has just filled. ``_query_decision`` puts them together.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_drafted(self, again):
        """Return the LATERAL query of the notice not sent yet that holds ``stepped`` (an index allows one)."""
        return SQL(
            """
            SELECT state FROM relance_notice_line
             WHERE line_id = stepped.line_id AND state IN ('draft', 'to_approve', 'ready') AND NOT %s
            """,
            again,
        )

    @api.model
    def _sql_contacted(self, company, as_of, automatic):
        """Return the LATERAL query of the last notice to a debtor; one on its way to him counts, approved or not.

        One that waits for approval holds the others back for the days of the calendar, not for ever: what leaves
        meanwhile holds it back in turn (``_keep_apart``).
        One that could not be made out, or lapsed, holds the daily job back as well; a person may try again at once.
        """
        return SQL(
            """
            SELECT MAX(CASE WHEN state = 'failed' AND stepped.min_days < 1 THEN date + 1 ELSE date END) AS date
              FROM relance_notice
             WHERE partner_id = stepped.partner_id AND company_id = %s AND date <= %s
               AND (state IN ('draft', 'to_approve', 'ready', 'sent') %s)
            """,
            company.id,
            as_of,
            SQL("OR state = 'failed' AND failure_kind IN ('technical', 'lapsed')") if automatic else SQL(),
        )

    @api.model
    def _sql_item(self, company):
        """Return the query of the instalments with their debtor's settings and addressee."""
        return SQL(
            """
            SELECT netted.*, %(calendar)s AS calendar_id,
                   %(excluded)s AS excluded, word.planned, word.promised, word.broken_since, word.jump_since,
                   COALESCE((partner.relance_contact_id ->> %(company)s::text)::int4, dunning.id,
                            CASE WHEN MIN(invoice_partner_id) OVER same_debtor
                                      = MAX(invoice_partner_id) OVER same_debtor
                                  AND invoice_partner_id <> netted.partner_id THEN invoice_partner_id END,
                            invoicing.id, netted.partner_id) AS contact_id
              FROM netted
              JOIN res_partner partner ON partner.id = netted.partner_id
         LEFT JOIN word ON word.move_id = netted.move_id
         LEFT JOIN LATERAL (%(dunning)s) dunning ON TRUE
         LEFT JOIN LATERAL (%(invoicing)s) invoicing ON TRUE
            WINDOW same_debtor AS (PARTITION BY netted.partner_id)
            """,
            company=company.id,
            calendar=self._sql_calendar(company, SQL("%s", company.id)),
            excluded=self._sql_excluded(SQL("%s", company.id)),
            dunning=self._sql_child("relance"),
            invoicing=self._sql_child("invoice"),
        )

    @api.model
    def _sql_child(self, contact_type):
        return SQL(
            """
            SELECT child.id FROM res_partner child
             WHERE child.parent_id = netted.partner_id AND child.type = %s AND child.active ORDER BY child.id LIMIT 1
            """,
            contact_type,
        )

    @api.model
    def _sql_reach(self, as_of):
        """Return the LATERAL query of what can reach the addressee of ``item``: his own means, else the debtor's."""
        return SQL(
            """
            SELECT %s IS NOT NULL AS email,
                   %s IS NOT NULL AS postal
              FROM res_partner contact, res_partner debtor
             WHERE contact.id = item.contact_id AND debtor.id = item.partner_id
            """,
            self._sql_email(as_of),
            self._sql_place(SQL("TRUE"), SQL("TRUE")),
        )

    @api.model
    def _sql_email(self, as_of):
        """Return the e-mail address to write to, of ``contact`` or else of ``debtor``; NULL when there is none.

        An address that was refused, or failed three times in a month, is not used again until it is corrected; one
        that is blacklisted is not used at all.
        """
        return SQL(
            "COALESCE(%s, %s)",
            self._sql_usable(SQL("contact"), as_of),
            self._sql_usable(SQL("debtor"), as_of),
        )

    @api.model
    def _sql_usable(self, partner, as_of):
        """Return the address of table ``partner`` when it can be used for ``debtor``, else NULL."""
        return SQL(
            """
            CASE WHEN %(email)s LIKE '%%@%%' AND NOT EXISTS (
                      SELECT FROM relance_notice failed
                       WHERE failed.partner_id = debtor.id AND failed.email_to = %(email)s
                         AND (failed.state = 'failed' AND COALESCE(failed.failure_kind, 'address') = 'address'
                              OR failed.address_refused)
                      HAVING bool_or(failed.address_refused)
                          OR COUNT(*) FILTER (WHERE failed.date > %(as_of)s - 30) >= 3
                 ) AND NOT EXISTS (
                      SELECT FROM mail_blacklist barred
                       WHERE barred.email = %(partner)s.email_normalized AND barred.active
                 ) THEN %(email)s END
            """,
            partner=partner,
            email=SQL("%s.email", partner),
            as_of=as_of,
        )
