from odoo import models
from odoo.tools import SQL

# Tables that name the debtor, who is a commercial entity, and their column.
DEBTOR_COLUMNS = (
    ("relance_notice", "partner_id"),
    ("relance_hold", "partner_id"),
    ("relance_commitment", "partner_id"),
    ("relance_answer", "partner_id"),
    ("relance_call", "partner_id"),
)


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging the cards of debtors. What the register sealed stays as it is: it tells who the parties were."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Settle first what one debtor cannot have twice: core looks for unique constraints, not for unique indexes."""
        # Who merges cards need not handle dunning, nor every company.
        dst_partner.sudo()._relance_absorb(src_partners.sudo())
        self.env.flush_all()
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _give_to_entity(self, partner):
        """Let a card merged into a contact of a company be a debtor no more: what it owes, the company owes."""
        self.env.flush_all()
        entity = partner.commercial_partner_id
        if entity == partner:
            return
        for table, column in (*DEBTOR_COLUMNS, ("account_move", "commercial_partner_id")):
            self.env.execute_query(
                SQL(
                    "UPDATE %(table)s SET %(column)s = %(entity)s WHERE %(column)s = %(partner)s RETURNING id",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    entity=entity.id,
                    partner=partner.id,
                )
            )
        self.env.invalidate_all()

    def _log_merge_operation(self, src_partners, dst_partner):
        """Bring dunning in line once all refers to the card that stays."""
        result = super()._log_merge_operation(src_partners, dst_partner)
        self._give_to_entity(dst_partner)
        # Who merges cards need not handle dunning, nor every company.
        dst_partner.sudo()._relance_follow_merge()
        return result
