"""Set-based storage: a batch of rows of any size takes the same number of statements.

The ORM would take one statement for each hundred rows and seconds of Python; constraints and indexes of the tables
hold all the same.
"""

import json

from odoo.tools import SQL

#: The columns that say who wrote a row and when, in the order of :func:`audit_values`.
AUDIT_COLUMNS = SQL("create_uid, create_date, write_uid, write_date")


def audit_values(env):
    """Return what the ORM would write into ``AUDIT_COLUMNS`` of a new row: the user, the time of the transaction."""
    return SQL("%(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'", uid=env.uid)


def reserve_ids(env, sequence, count):
    """Return ``count`` ids of the SQL ``sequence``, in order."""
    rows = env.execute_query(
        SQL("SELECT nextval(%s::regclass) FROM generate_series(1, %s) ORDER BY 1", sequence, count)
    )
    return [row[0] for row in rows]


def insert_rows(env, model_name, rows, then=None):
    """Insert ``rows`` (dicts with the same keys) in one statement, signed like the ORM would.

    :param then: SQL that goes on with the rows ``added``, in the same statement
    """
    model = env[model_name]
    names = list(rows[0])
    columns = [model._fields[name].column_type[1] if name != "id" else "int4" for name in names]
    arrays = SQL(", ").join(
        SQL("%s::" + _array_type(column), _adapt([row[name] for row in rows], column))
        for name, column in zip(names, columns, strict=True)
    )
    selected = SQL(", ").join(
        SQL("%s::%s", SQL.identifier("new", name), SQL(column)) for name, column in zip(names, columns, strict=True)
    )
    identifiers = SQL(", ").join(map(SQL.identifier, names))
    env.execute_query(
        SQL(
            """
            WITH added AS (
                INSERT INTO %(table)s (%(names)s, %(audit)s)
                SELECT %(selected)s, %(written)s
                  FROM unnest(%(arrays)s) AS new (%(names)s)
             RETURNING *
            )
            %(then)s
            """,
            table=SQL.identifier(model._table),
            names=identifiers,
            audit=AUDIT_COLUMNS,
            selected=selected,
            written=audit_values(env),
            arrays=arrays,
            then=then or SQL("SELECT id FROM added"),
        )
    )
    model.invalidate_model()
    env["account.move"].invalidate_model(["relance_notice_line_ids", "relance_notice_ids"])


def update_rows(env, model_name, rows):
    """Write ``{id: values}`` (dicts with the same keys) in one statement."""
    if not rows:
        return
    model = env[model_name]
    names = list(next(iter(rows.values())))
    types = [model._fields[name].column_type[1] for name in names]
    arrays = SQL(", ").join(
        SQL("%s::" + _array_type(type_), _adapt([values[name] for values in rows.values()], type_))
        for name, type_ in zip(names, types, strict=True)
    )
    assignments = SQL(", ").join(
        SQL("%s = %s::%s", SQL.identifier(name), SQL.identifier("new", name), SQL(type_))
        for name, type_ in zip(names, types, strict=True)
    )
    env.flush_all()
    env.execute_query(
        SQL(
            """
            UPDATE %(table)s SET %(assignments)s, write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
              FROM unnest(%(ids)s::int4[], %(arrays)s) AS new (id, %(names)s)
             WHERE %(table)s.id = new.id RETURNING %(table)s.id
            """,
            table=SQL.identifier(model._table),
            assignments=assignments,
            uid=env.uid,
            ids=list(rows),
            arrays=arrays,
            names=SQL(", ").join(map(SQL.identifier, names)),
        )
    )
    model.browse(rows).invalidate_recordset(names)


def _array_type(column):
    """Return the array type a column travels in: text for JSON, whose arrays PostgreSQL cannot unnest as such."""
    return {"jsonb": "text[]", "numeric": "numeric[]"}.get(column, f"{column}[]")


def _adapt(values, column):
    return [json.dumps(value) for value in values] if column == "jsonb" else values
