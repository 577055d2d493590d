from odoo import fields, models


class RelanceHold(models.Model):
    """The answer a hold comes from: the short pause while it is examined, or what a person made of it."""

    _inherit = "relance.hold"

    answer_id = fields.Many2one(
        "relance.answer", string="Answer of the Debtor", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )  # fmt: skip
    is_pause = fields.Boolean(readonly=True, copy=False)

    _pause_once = models.UniqueIndex(
        "(move_id) WHERE is_pause", "An invoice is paused once while an answer is examined."
    )
