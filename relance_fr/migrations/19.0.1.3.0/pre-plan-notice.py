from odoo.tools.sql import column_exists, create_column

# Days a formal notice to a consumer must have stayed without effect before a plan ends.
NOTICE_DAYS = 30


def migrate(cr, version):
    """Give plans made before the thirty days that case law asks for, whatever their letter said: less is unfair."""
    if not column_exists(cr, "relance_commitment", "notice_days"):
        create_column(cr, "relance_commitment", "notice_days", "int4")
        cr.execute("UPDATE relance_commitment SET notice_days = %s", (NOTICE_DAYS,))
