from odoo import api, models
from odoo.addons.relance_fr.tools.reasons import Reason
from odoo.addons.relance_fr.tools.work import Work
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: The one entry: what is known of the reason.
RETURNING = Reason(
    "goods_returning",
    "wait",
    _lt("Goods on their way back"),
    _lt("%(level)s waits: the goods are on their way back."),
    before="payment_in_progress",
    work=Work("goods", _lt("Receive the goods"), 30, _lt("Goods to receive since %s"), tone="info", dated="short"),
    holds=True,
    stops_letter=True,
)


class RelanceDecision(models.AbstractModel):
    """What an integrator writes for a reason of his own."""

    _inherit = "relance.decision"

    @api.model
    def _get_reason_table(self):
        return [*super()._get_reason_table(), RETURNING]

    @api.model
    def _get_reason_conditions(self, reading):
        returning = SQL(
            "EXISTS (SELECT FROM account_move move WHERE move.id = stepped.move_id AND move.ref = 'RETURN')"
        )
        return super()._get_reason_conditions(reading) | {RETURNING.code: returning}
