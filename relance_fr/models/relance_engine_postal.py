from odoo import api, models
from odoo.tools import SQL

PAPER = ("letter", "registered")


class RelanceEngine(models.AbstractModel):
    """Where letters go: the postal address of an addressee, as long as no letter came back from it."""

    _inherit = "relance.engine"

    @api.model
    def _sql_postal(self):
        """Return the postal address of ``contact``, else of ``debtor``, on one line; NULL when there is none.

        The address the letter prints: see ``relance.notice._get_letter_debtor``. One from which a letter came back
        because nobody knew the addressee there is not used again until it is corrected.
        """
        return self._sql_place(self._sql_address(SQL("contact")), self._sql_address(SQL("debtor")))

    @api.model
    def _sql_place(self, contact_value, debtor_value):
        """Return the value of the card a letter is addressed to, NULL when no letter can go there."""
        contact, debtor = self._sql_address(SQL("contact")), self._sql_address(SQL("debtor"))
        return SQL(
            """
            CASE WHEN COALESCE(contact.street, '') <> '' OR COALESCE(contact.city, '') <> ''
                 THEN CASE WHEN NOT %(contact_dead)s THEN %(contact_value)s END
                 WHEN COALESCE(debtor.street, '') <> '' OR COALESCE(debtor.street2, '') <> ''
                   OR COALESCE(debtor.city, '') <> ''
                 THEN CASE WHEN NOT %(debtor_dead)s THEN %(debtor_value)s END END
            """,
            contact_value=contact_value,
            debtor_value=debtor_value,
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

    # === RECHECK === #

    @api.model
    def _cancel_unaddressed(self, notices):
        """Cancel e-mails whose addressee has no address left: their level comes again by letter. Return them."""
        unaddressed = notices.filtered(lambda notice: notice.channel == "email" and not notice.email_to)
        reason = self.env._("The e-mail address is missing, refused or blacklisted by now.")
        self._set_state(unaddressed, "cancelled", reason)
        return unaddressed

    @api.model
    def _readdress_letters(self, notices):
        """Give letters the address as it is now; cancel those that have none left, and return them."""
        paper = notices.filtered(lambda notice: notice.channel in PAPER)
        if not paper:
            return paper
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE relance_notice SET postal_to = %s FROM res_partner contact, res_partner debtor
                 WHERE relance_notice.id = ANY(%s) AND contact.id = relance_notice.contact_id
                   AND debtor.id = relance_notice.partner_id
             RETURNING relance_notice.id, relance_notice.postal_to
                """,
                self._sql_postal(),
                paper.ids,
            )
        )
        paper.invalidate_recordset(["postal_to"])
        return self._cancel_unreachable(paper.browse([id_ for id_, address in rows if not address]))

    @api.model
    def _cancel_returning(self, notices):
        """Cancel sealed letters from whose address another came back meanwhile: they would too. Return them."""
        paper = notices.filtered(lambda notice: notice.channel in PAPER)
        if not paper:
            return paper
        rows = self.env.execute_query(
            SQL(
                "SELECT notice.id FROM relance_notice notice WHERE notice.id = ANY(%s) AND %s",
                paper.ids,
                self._sql_dead_address(SQL("notice.partner_id"), SQL("notice.postal_to")),
            )
        )
        return self._cancel_unreachable(paper.browse([row[0] for row in rows]))

    @api.model
    def _cancel_unreachable(self, notices):
        """Cancel letters that would reach nobody: their instalments are decided afresh. Return them."""
        reason = self.env._(
            "The postal address is missing, or a letter came back from it: correct it on the debtor's card."
        )
        self._set_state(notices, "cancelled", reason)
        return notices
