from odoo import api, models
from odoo.tools import SQL

from ..tools.channels import PAPER


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

    # === RECHECK === #

    @api.model
    def _cancel_unaddressed(self, notices):
        """Cancel e-mails whose addressee has no address left: their level comes again by letter. Return them."""
        unaddressed = notices.filtered(lambda notice: notice.channel == "email" and not notice.email_to)
        reason = self.env._("The e-mail address is missing, refused or blacklisted by now.")
        unaddressed.with_env(self.env)._set_state("cancelled", reason)
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
        notices.with_env(self.env)._set_state("cancelled", reason)
        return notices
