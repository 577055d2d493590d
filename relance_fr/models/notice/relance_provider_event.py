from odoo import fields, models


class RelanceProviderEvent(models.Model):
    """What a provider said of a letter, once: told again it changes nothing."""

    _name = "relance.provider.event"
    _description = "Registered Letter Event"
    _order = "date, id"
    _rec_name = "status"

    notice_id = fields.Many2one("relance.notice", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id", store=True, index=True)
    key = fields.Char(required=True, readonly=True)
    status = fields.Selection(
        [
            ("submitted", "Taken by the Provider"),
            ("posted", "Posted"),
            ("presented", "Presented"),
            ("received", "Received"),
            ("returned", "Returned"),
            ("failed", "Refused by the Provider"),
        ],
        required=True,
        readonly=True,
    )
    date = fields.Date(required=True, readonly=True)
    note = fields.Char(readonly=True, help="Why the event was not entered on the notice.")

    _key_uniq = models.UniqueIndex("(notice_id, key)", "This event was told already.")
