from odoo.tools.sql import column_exists, create_column


def migrate(cr, version):
    """Keep the deadline of a register made before it could move as the one it printed: its seals cover that."""
    if not column_exists(cr, "relance_notice", "printed_deadline"):
        create_column(cr, "relance_notice", "printed_deadline", "date")
        cr.execute("UPDATE relance_notice SET printed_deadline = deadline")
