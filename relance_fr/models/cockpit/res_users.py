from odoo import fields, models


class ResUsers(models.Model):
    """How often the person in charge of debtors gets the digest of dunning."""

    _inherit = "res.users"

    relance_digest = fields.Selection(
        [("daily", "Every working day"), ("weekly", "Every week"), ("never", "Never")],
        "Dunning Digest",
        default="weekly",
        required=True,
        help="An email with what waits for you: notices to approve, letters to post, answers, promises, disputes, "
        "payments. Only for those in charge of debtors, and only when there is something to say.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "relance_digest"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "relance_digest"]
