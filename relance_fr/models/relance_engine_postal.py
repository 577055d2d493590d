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
    def _refresh_drafts(self, company, notices):
        """Letters take the address as it is on the day they are sealed; what has no address left is cancelled."""
        live = super()._refresh_drafts(company, notices)
        live -= self._cancel_unaddressed(live)
        paper = live.filtered(lambda notice: notice.channel in PAPER)
        if not paper:
            return live
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
        return live - self._cancel_unreachable(paper.browse([id_ for id_, address in rows if not address]))

    @api.model
    def _cancel_overtaken(self, company, notices):
        """A letter came back from the address meanwhile: the one that is ready to leave would come back too."""
        valid = super()._cancel_overtaken(company, notices)
        valid -= self._cancel_unaddressed(valid)
        paper = valid.filtered(lambda notice: notice.channel in PAPER)
        if not paper:
            return valid
        rows = self.env.execute_query(
            SQL(
                "SELECT notice.id FROM relance_notice notice WHERE notice.id = ANY(%s) AND %s",
                paper.ids,
                self._sql_dead_address(SQL("notice.partner_id"), SQL("notice.postal_to")),
            )
        )
        return valid - self._cancel_unreachable(paper.browse([row[0] for row in rows]))

    @api.model
    def _cancel_unaddressed(self, notices):
        """Cancel e-mails whose addressee has no address left: their level comes again by letter. Return them."""
        unaddressed = notices.filtered(lambda notice: notice.channel == "email" and not notice.email_to)
        reason = self.env._("The e-mail address is missing, refused or blacklisted by now.")
        self._set_state(unaddressed, "cancelled", reason)
        return unaddressed

    @api.model
    def _cancel_unreachable(self, notices):
        """Cancel letters that would reach nobody: their instalments are decided afresh. Return them."""
        reason = self.env._(
            "The postal address is missing, or a letter came back from it: correct it on the debtor's card."
        )
        self._set_state(notices, "cancelled", reason)
        return notices
