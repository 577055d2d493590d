from odoo import fields, models


class AccountJournal(models.Model):
    """Whether dunning waits for the statements of a bank journal."""

    _inherit = "account.journal"

    relance_bank_left_out = fields.Char(
        "Dunning Does Not Wait for It",
        tracking=True,
        copy=False,
        help="Why dunning does not wait for the statements of this journal (no customer pays there any more, a savings "
        "account). Empty: it waits once customers have paid there.",
    )
