from odoo import api, models
from odoo.tools import SQL

from ...tools.channels import sql_addresses
from ...tools.roles import sql_belongs


class RelanceDecision(models.AbstractModel):
    """Who a notice about an instalment goes to, where, and by which channel: leaves of the statement."""

    _inherit = "relance.decision"

    # === WHO === #

    @api.model
    def _sql_liquidator(self, reading):
        """Return the liquidator of the debtor of ``netted``, who alone receives what concerns it (C. com. L641-9)."""
        return SQL(
            """
            (SELECT winding.administrator_id FROM relance_hold winding
              WHERE winding.partner_id = netted.partner_id AND winding.company_id = ANY(%s) AND %s
                AND winding.date_from <= %s LIMIT 1)
            """,
            reading.company._relance_get_entity_ids(),
            self._sql_winding_up(),
            reading.as_of,
        )

    @api.model
    def _sql_winding_up(self):
        """Return the condition: ``winding`` (alias of relance_hold) is a judicial liquidation that goes on."""
        return SQL(
            "winding.reason = 'insolvency' AND winding.insolvency_kind = 'liquidation'"
            " AND winding.insolvency_outcome IS NULL AND winding.date_to IS NULL"
        )

    @api.model
    def _sql_is_liquidator(self):
        """Return the condition: ``contact`` is the liquidator of ``debtor``, in whose stead nobody is written to."""
        return SQL(
            """
            (contact.commercial_partner_id <> debtor.id AND EXISTS (
             SELECT FROM relance_hold winding
              WHERE winding.partner_id = debtor.id AND winding.administrator_id = contact.id AND %s))
            """,
            self._sql_winding_up(),
        )

    @api.model
    def _sql_chosen_contact(self, company):
        """Return the dunning contact that ``company`` chose for ``partner``, else the nearest company above it."""
        return SQL(
            "COALESCE(%s)",
            SQL(", ").join(
                SQL("(partner.relance_contact_id ->> %s::text)::int4", above.id) for above in company.parent_ids[::-1]
            ),
        )

    @api.model
    def _sql_contact(self, contact_id, entity_id):
        """Return the LATERAL query of the contact of SQL ``contact_id``: none once it left the entity."""
        return SQL(
            "SELECT contact.id, contact.type FROM res_partner contact WHERE contact.id = %s AND %s",
            contact_id,
            sql_belongs(SQL("contact"), entity_id),
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

    # === WHERE AND HOW === #

    @api.model
    def _sql_reach(self, as_of):
        """Return the LATERAL query of what can reach the addressee of ``item``: its own means, else the debtor's."""
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
            "COALESCE(CASE WHEN %s OR %s THEN %s END, CASE WHEN NOT %s THEN %s END)",
            sql_belongs(SQL("contact"), SQL("debtor.id")),
            self._sql_is_liquidator(),
            self._sql_usable(SQL("contact"), as_of),
            self._sql_is_liquidator(),
            self._sql_usable(SQL("debtor"), as_of),
        )

    @api.model
    def _sql_usable(self, partner, as_of):
        """Return the address of table ``partner`` when it can be used for ``debtor``, else NULL.

        Of several addresses on one card, those that are blacklisted are left out: the others are written to.
        """
        return SQL(
            """
            CASE WHEN %(email)s LIKE '%%@%%' AND NOT EXISTS (
                      SELECT FROM relance_notice failed
                       WHERE failed.partner_id = debtor.id
                         AND (failed.email_to = %(email)s
                              OR %(email)s LIKE '%%@%%@%%' AND %(failed_to)s <@ %(addresses)s)
                         AND (failed.state = 'failed' AND COALESCE(failed.failure_kind, 'address') = 'address'
                              OR failed.address_refused)
                      HAVING bool_or(failed.address_refused)
                          OR COUNT(*) FILTER (WHERE failed.date > %(as_of)s - 30) >= 3
                 ) THEN CASE
                 WHEN %(email)s LIKE '%%@%%@%%'
                      AND EXISTS (SELECT FROM mail_blacklist barred
                                   WHERE barred.active AND barred.email = ANY(%(addresses)s))
                 THEN (SELECT string_agg(part.address, ', ' ORDER BY part.rank)
                         FROM unnest(%(addresses)s) WITH ORDINALITY part (address, rank)
                        WHERE part.address LIKE '%%_@_%%'
                          AND NOT EXISTS (SELECT FROM mail_blacklist barred
                                           WHERE barred.email = part.address AND barred.active))
                 WHEN NOT EXISTS (SELECT FROM mail_blacklist barred
                                   WHERE barred.email = %(partner)s.email_normalized AND barred.active)
                 THEN %(email)s END END
            """,
            partner=partner,
            email=SQL("%s.email", partner),
            addresses=sql_addresses(SQL("%s.email", partner)),
            failed_to=sql_addresses(SQL("failed.email_to")),
            as_of=as_of,
        )

    @api.model
    def _sql_place(self, contact_value, debtor_value):
        """Return the value of the card a letter is addressed to, NULL when no letter can go there."""
        contact, debtor = self._sql_address(SQL("contact")), self._sql_address(SQL("debtor"))
        return SQL(
            """
            CASE WHEN (COALESCE(contact.street, '') <> '' OR COALESCE(contact.city, '') <> '')
                  AND (%(belongs)s OR %(is_liquidator)s)
                 THEN CASE WHEN NOT %(contact_dead)s THEN %(contact_value)s END
                 WHEN %(is_liquidator)s THEN NULL
                 WHEN COALESCE(debtor.street, '') <> '' OR COALESCE(debtor.street2, '') <> ''
                   OR COALESCE(debtor.city, '') <> ''
                 THEN CASE WHEN NOT %(debtor_dead)s THEN %(debtor_value)s END END
            """,
            belongs=sql_belongs(SQL("contact"), SQL("debtor.id")),
            contact_value=contact_value,
            debtor_value=debtor_value,
            is_liquidator=self._sql_is_liquidator(),
            contact_dead=self._sql_dead_address(SQL("debtor.id"), contact),
            debtor_dead=self._sql_dead_address(SQL("debtor.id"), debtor),
        )

    @api.model
    def _sql_address(self, partner):
        """Return the address of the card ``partner`` (alias of ``res_partner``): street, postcode, town, country."""
        return SQL(
            """
            concat_ws(', ', NULLIF(%(p)s.street, ''), NULLIF(%(p)s.street2, ''),
                      NULLIF(TRIM(concat_ws(' ', %(p)s.zip, %(p)s.city)), ''),
                      (SELECT country.code FROM res_country country WHERE country.id = %(p)s.country_id))
            """,
            p=partner,
        )

    @api.model
    def _sql_dead_address(self, debtor_id, address):
        """Tell whether a letter to the debtor came back from ``address``; capitals and commas make no other address."""
        return SQL(
            """
            EXISTS (SELECT FROM relance_notice back
                     WHERE back.partner_id = %(debtor_id)s AND back.return_reason = 'unknown'
                       AND regexp_replace(lower(back.postal_to), '[^[:alnum:]]+', '', 'g')
                           = regexp_replace(lower(%(address)s), '[^[:alnum:]]+', '', 'g'))
            """,
            debtor_id=debtor_id,
            address=address,
        )

    @api.model
    def _sql_channel(self):
        """Return the channel of ``level`` that can ``reach`` the addressee, the one that makes the best proof first."""
        return SQL(
            """
            CASE WHEN level.channel_registered AND reach.postal THEN 'registered'
                 WHEN level.channel_letter AND reach.postal THEN 'letter'
                 WHEN reach.email AND (level.channel_email OR level.channel_registered OR level.channel_letter)
                 THEN 'email'
                 WHEN level.channel_email AND reach.postal THEN 'letter'
                 WHEN level.channel_call THEN 'call' END
            """
        )
