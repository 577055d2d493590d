from odoo.tools import SQL
from odoo.tools.sql import column_exists


def migrate(cr, version):
    """Count the numbers of each year: the highest that notices have, or the last one the register gave."""
    counted = SQL(
        """
        SELECT company_id, substring(name FROM '/([0-9]{4})/')::int4 AS year,
               substring(name FROM '[0-9]+$')::bigint AS number
          FROM relance_notice WHERE name ~ '/[0-9]{4}/[0-9]+$'
        """
    )
    # Columns of the version before, dropped at the end of the upgrade.
    if column_exists(cr, "relance_register", "last_number"):
        counted = SQL(
            """
            %s UNION ALL
            SELECT company_id, year, last_number FROM relance_register WHERE year > 0 AND last_number > 0
            """,
            counted,
        )
    cr.execute(
        SQL(
            """
            UPDATE relance_register SET last_numbers = known.numbers
              FROM (SELECT company_id, jsonb_object_agg(year, number) AS numbers
                      FROM (SELECT company_id, year, MAX(number) AS number FROM (%s) given GROUP BY 1, 2) highest
                  GROUP BY company_id) known
             WHERE known.company_id = relance_register.company_id AND relance_register.last_numbers IS NULL
            """,
            counted,
        )
    )
