from odoo import api, models
from odoo.tools import SQL


class RelanceEngine(models.AbstractModel):
    """What is known of an open instalment besides its amount: drafts, contacts, holds, promises, settings, bank.

    SQL fragments, each one question; ``_query_decision`` puts them together.
    """

    _inherit = "relance.engine"

    @api.model
    def _sql_drafted(self, again):
        """Return the query of the instalments in a notice not sent yet (an index allows one each)."""
        return SQL(
            """
            SELECT line_id, state FROM relance_notice_line
             WHERE state IN ('draft', 'to_approve', 'ready') AND line_id IN (SELECT line_id FROM open_line) AND NOT %s
            """,
            again,
        )

    @api.model
    def _sql_contacted(self, company, as_of):
        """Return the query of the last notice to each debtor; one that is ready counts, it is about to leave."""
        return SQL(
            """
            SELECT partner_id, MAX(date) AS date FROM relance_notice
             WHERE company_id = %s AND state IN ('ready', 'sent') AND date <= %s
          GROUP BY partner_id
            """,
            company.id,
            as_of,
        )

    @api.model
    def _sql_hold(self, company, as_of):
        return SQL(
            """
            SELECT open_line.line_id,
                   bool_or(hold.reason = 'insolvency') AS insolvent,
                   bool_or(hold.reason = 'dispute') AS disputed
              FROM relance_hold hold
              JOIN open_line ON open_line.partner_id = hold.partner_id
                            AND (hold.move_id IS NULL OR hold.move_id = open_line.move_id)
                            AND (hold.line_id IS NULL OR hold.line_id = open_line.line_id)
             WHERE hold.company_id = %(company)s
               AND hold.date_from <= %(as_of)s AND (hold.date_to IS NULL OR hold.date_to >= %(as_of)s)
          GROUP BY open_line.line_id
            """,
            company=company.id,
            as_of=as_of,
        )

    @api.model
    def _sql_committed(self, company, as_of):
        """Return the query of the invoices promised for a day to come, the sums fallen due having been paid."""
        return SQL(
            """
            SELECT link.move_id, bool_or(commitment.kind = 'plan') AS planned
              FROM relance_commitment commitment
              JOIN relance_commitment_move_rel link ON link.commitment_id = commitment.id
              JOIN LATERAL (
                    SELECT MAX(date) AS date_end, COALESCE(SUM(amount) FILTER (WHERE date < %(as_of)s), 0) AS fallen
                      FROM relance_commitment_line WHERE commitment_id = commitment.id
                   ) promised ON promised.date_end >= %(as_of)s
              JOIN LATERAL (
                    SELECT COALESCE(SUM(netted.net), 0) AS net
                      FROM relance_commitment_move_rel other
                      JOIN netted ON netted.move_id = other.move_id
                     WHERE other.commitment_id = commitment.id
                   ) now ON promised.fallen <= commitment.base_amount - now.net
             WHERE commitment.company_id = %(company)s AND commitment.cancelled IS NOT TRUE
               AND commitment.date <= %(as_of)s
          GROUP BY link.move_id
            """,
            company=company.id,
            as_of=as_of,
        )

    @api.model
    def _sql_item(self, company):
        """Return the query of the instalments with their debtor's settings and addressee."""
        return SQL(
            """
            SELECT netted.*, %(calendar)s AS calendar_id,
                   %(excluded)s AS excluded,
                   COALESCE((partner.relance_contact_id ->> %(company)s::text)::int4, dunning.id,
                            CASE WHEN MIN(invoice_partner_id) OVER same_debtor
                                      = MAX(invoice_partner_id) OVER same_debtor
                                  AND invoice_partner_id <> netted.partner_id THEN invoice_partner_id END,
                            invoicing.id, netted.partner_id) AS contact_id
              FROM netted
              JOIN res_partner partner ON partner.id = netted.partner_id
              JOIN %(fallback)s ON fallback.regime = COALESCE(partner.relance_regime, 'business')
         LEFT JOIN LATERAL (%(dunning)s) dunning ON TRUE
         LEFT JOIN LATERAL (%(invoicing)s) invoicing ON TRUE
            WINDOW same_debtor AS (PARTITION BY netted.partner_id)
            """,
            company=company.id,
            calendar=self._sql_calendar_of(SQL("%s", company.id)),
            excluded=self._sql_excluded(SQL("%s", company.id)),
            fallback=self._sql_calendars(company),
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
    def _sql_contact(self, as_of):
        """Return the query of what can reach the addressee of a debtor: his own means, else the debtor's."""
        return SQL(
            """
            SELECT contact.id, debtor.id AS debtor_id,
                   COALESCE(contact.street, contact.street2, contact.city,
                            debtor.street, debtor.street2, debtor.city, '') <> '' AS postal,
                   %(email)s IS NOT NULL AS email
              FROM (SELECT DISTINCT contact_id, partner_id FROM item) pair
              JOIN res_partner contact ON contact.id = pair.contact_id
              JOIN res_partner debtor ON debtor.id = pair.partner_id
            """,
            email=self._sql_email(as_of),
        )

    @api.model
    def _sql_email(self, as_of):
        """Return the e-mail address to write to, of ``contact`` or else of ``debtor``; NULL when there is none.

        An address that was refused, or failed three times in a month, is not used again until it is corrected.
        """
        return SQL(
            "COALESCE(%s, %s)",
            self._sql_usable(SQL("contact.email"), as_of),
            self._sql_usable(SQL("debtor.email"), as_of),
        )

    @api.model
    def _sql_usable(self, email, as_of):
        """Return the address in column ``email`` when it can be used for ``debtor``, else NULL."""
        return SQL(
            """
            CASE WHEN %(email)s LIKE '%%@%%' AND NOT EXISTS (
                      SELECT FROM relance_notice failed
                       WHERE failed.partner_id = debtor.id AND failed.email_to = %(email)s
                         AND (failed.state = 'failed' OR failed.address_refused)
                      HAVING bool_or(failed.address_refused)
                          OR COUNT(*) FILTER (WHERE failed.date > %(as_of)s - 30) >= 3
                 ) THEN %(email)s END
            """,
            email=email,
            as_of=as_of,
        )

    @api.model
    def _is_bank_up_to_date(self, company, as_of):
        """Tell whether the newest bank statement line of ``company`` is recent enough to dun without a person.

        A company that imports no statement at all is not concerned.
        """
        max_age = company.sudo()._get_relance_setting("relance_bank_max_age")
        if not max_age:
            return True
        [[newest]] = self.env.execute_query(
            SQL(
                """
                SELECT MAX(move.date) FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.company_id = %s AND move.date <= %s
                """,
                company.id,
                as_of,
            )
        )
        return newest is None or (as_of - newest).days <= max_age
