"""Minima that count what is really sent."""

from odoo.tools import SQL


def sql_enough(rows, given, name, minimum, together):
    """Return the query of ``rows`` and, as ``name``, whether those ``given`` that go ``together`` reach a ``minimum``.

    What falls away does not count for the others: of the minima that the rows with that one or a smaller one reach,
    the greatest decides. Rows of 20 with a minimum of 50 and of 25 with one of 30 both fall away: 45 is less than 50,
    and then 25 is less than 30.

    :param rows: query with a column ``amount``
    :param given: name of its column that tells which rows are to be sent
    :param minimum: SQL of the minimum of a row; ``together``: SQL of what rows that are sent together share
    """
    given, name, reaches = SQL.identifier(given), SQL.identifier(name), SQL.identifier(f"{name}_reaches")
    return SQL(
        """
        SELECT reached.*, %(given)s AND COALESCE(%(minimum)s <= MAX(%(minimum)s) FILTER (WHERE %(reaches)s)
                                                 OVER (PARTITION BY %(together)s), FALSE) AS %(name)s
          FROM (
                SELECT counted.*, %(given)s AND SUM(CASE WHEN %(given)s THEN amount ELSE 0 END) OVER (
                           PARTITION BY %(together)s ORDER BY %(minimum)s RANGE UNBOUNDED PRECEDING
                       ) >= %(minimum)s AS %(reaches)s
                  FROM (%(rows)s) counted
               ) reached
        """,
        rows=rows,
        given=given,
        name=name,
        reaches=reaches,
        minimum=minimum,
        together=together,
    )
