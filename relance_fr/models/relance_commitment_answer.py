from odoo import fields, models


class RelanceCommitment(models.Model):
    """The answer on the portal that a promise or a plan comes from."""

    _inherit = "relance.commitment"

    answer_id = fields.Many2one(
        "relance.answer", string="Answer of the Debtor", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip
