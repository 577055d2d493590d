from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Work out until when public bodies may pay the invoices whose deposit is known: they are not late before."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    moves = env["account.move"].search([("relance_chorus_date", "!=", False), ("move_type", "=", "out_invoice")])
    env.add_to_compute(moves._fields["relance_payable_until"], moves)
    moves._recompute_recordset(["relance_payable_until"])
    moves._relance_refresh_progress()
