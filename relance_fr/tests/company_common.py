"""The French company that core makes for every class of tests: made once, copied into each class.

Core makes a company with its chart, products, partners and users in 6 600 statements, several seconds for a class of
tests that itself takes one. Here core makes it in a transaction of its own, what it wrote is read back, and every class
inserts those same rows by one statement. Records and their ids are then those of core, whatever the class and the
order of the classes; only the stamps (when they were written) are those of the class. A second company, which fifty
tests want, is kept the same way.

With :data:`FILE` in the environment the copy is kept there for the next process. Its ids are good for a database copied
from the same template; another file is named for another template.
"""

import base64
import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import _patch

from odoo import models
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.product.tests.common import ProductCommon
from odoo.addons.uom.tests.common import UomCommon
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests.common import get_db_name
from odoo.tools import SQL, reset_cached_properties

FILE = "RELANCE_FR_COMPANY_FILE"

#: The classes whose set-up is copied.
CORE = (AccountTestInvoicingCommon, ProductCommon, UomCommon, BaseCommon)

#: What core's classes offer to tests and do not use in their own set-up: a class may make it its own.
IN_TESTS = frozenset({"_create_invoice"})

#: Columns that say when a row was written: those of a copy are the time of its own transaction.
STAMPS = ("create_date", "write_date")

#: The name core gives a second company.
OTHER = "company_2"

#: Core gives them to the products it finds when it makes the second company: they are not part of a copy.
_PRODUCT_TAXES = ("product_taxes_rel", "product_supplier_taxes_rel")

_copies = {}


class FrenchCompanyCommon(AccountTestInvoicingCommon):
    """What :class:`AccountTestInvoicingCommon` sets up for a French company, copied where that gives the same.

    For a class that changes how core makes these records (it overrides one of core's methods) core makes them anew.
    """

    _copy = None

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    def setUpClass(cls):
        cls._copy = get_copy() if _is_plain(cls) else None
        if cls._copy:
            # What stands after core's classes: the transaction, the browser.
            super(BaseCommon, cls).setUpClass()
            cls._copy.restore(cls)
        else:
            super().setUpClass()
        cls._work_every_day(cls.company_data["company"])

    @classmethod
    def _create_company(cls, **create_values):
        # OVERRIDE
        company = cls._copy and cls._copy.restore_other(cls, **create_values)
        company = company or super()._create_company(**create_values)
        if hasattr(cls, "company_data"):
            # The first one is core's alone: its class completes it.
            cls._make_ready(company)
            cls._work_every_day(company)
        return company

    @classmethod
    def _work_every_day(cls, company):
        """Let days of rest change nothing: they have tests of their own."""
        company.relance_working_days = False

    @classmethod
    def _make_ready(cls, company):
        """Complete a company of the tests, once core has made it; nothing here."""


class _Source(AccountTestInvoicingCommon):
    """A class that holds no test: what core sets up for it is read."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    def setUpClass(cls):
        super().setUpClass()

    @classmethod
    def default_env_context(cls):
        # The first thing core asks once it has a transaction.
        cls.known = set(vars(cls))
        return super().default_env_context()


@dataclass(frozen=True)
class CompanyCopy:
    """What core's set-up wrote and named, as JSON can hold it.

    :param tables: rows written, by table
    :param changes: new values of rows that were there before, with their id, by table
    :param others: rows written for a second company, by table
    :param files: content of the stored files (base64), by checksum
    :param attributes: attributes of the class, as :func:`_freeze` gives them
    :param user: id of the user the class works as
    :param context: context of the class
    :param sequences: next values before, between the companies and after, by name of the sequence
    """

    tables: dict
    changes: dict
    others: dict
    files: dict
    attributes: dict
    user: int
    context: dict
    sequences: dict

    def restore(self, cls):
        """Write the rows into the transaction of a class of tests, and name the records as core does."""
        self._write_files(cls.env)
        _write(cls.cr, self.tables, self.changes)
        cls.env = cls.env(user=self.user, context=self.context)
        _forget(cls)
        for name, value in self.attributes.items():
            setattr(cls, name, _unfreeze(value, cls.env))

    def restore_other(self, cls, name=OTHER, **create_values):
        """Write the rows of a second company and return it; None where core would make it otherwise."""
        alias = cls.env["mail.alias"]
        if create_values or cls.env.uid != self.user or not alias._is_encodable(name):
            return None
        [company_id] = (row["id"] for row in self.others["res_company"])
        cls.env.flush_all()
        cls.cr.execute(SQL("SELECT FROM res_company WHERE id = %s OR name = %s", company_id, name))
        if cls.cr.rowcount:
            return None
        names = {table: name for table in ("res_company", "res_partner", "ir_sequence")}
        names["mail_alias"] = alias._sanitize_alias_name(name)
        tables = {
            table: [_rename(row, names[table]) for row in rows] if table in names else rows
            for table, rows in self.others.items()
        }
        self._write_files(cls.env)
        _write(cls.cr, tables, {})
        _forget(cls)
        company = cls.env["res.company"].browse(company_id)
        _give_product_taxes(company)
        return company

    def _write_files(self, env):
        for checksum, content in self.files.items():
            env["ir.attachment"]._file_write(base64.b64decode(content), checksum)

    def fits(self):
        """Tell whether no row of the database has the id of one of the copy; from now on none will get it."""
        with db_connect(get_db_name()).cursor() as cr:
            for table, rows in (*self.tables.items(), *self.others.items()):
                if ids := [row["id"] for row in rows if "id" in row]:
                    cr.execute(SQL("SELECT FROM %s WHERE id = ANY(%s) LIMIT 1", SQL.identifier(table), ids))
                    if cr.rowcount:
                        return False
            set_sequences(cr, {name: after for name, (_before, _between, after) in self.sequences.items()})
        return True


# === THE COPY === #


def get_copy():
    """Return the copy for this process; None while something is patched and there is none yet.

    Core's set-up then ran under what a class of tests patched before its set-up: not what other classes want.
    """
    if "fr" not in _copies and not _patch._active_patches:
        path = os.environ.get(FILE)
        _copies["fr"] = _load_or_make(Path(path)) if path else make_copy()
    return _copies.get("fr")


def _load_or_make(path):
    # Two processes that start together: one makes it, the other reads it.
    with open(path.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            copy = CompanyCopy(**json.loads(path.read_text(encoding="utf-8")))
            if copy.fits():
                return copy
        copy = make_copy()
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(copy)), encoding="utf-8")
        temporary.rename(path)
        return copy


def make_copy():
    """Have core make the company in a transaction of its own, which is undone, and return what it wrote."""
    source = type("_Source", (_Source,), {"__module__": __name__})
    try:
        before = get_sequences()
        source.setUpClass()
        tables, changes = read_written(source.env)
        names = set(vars(source)) - source.known - {"known", "env"}
        attributes = {name: _freeze(vars(source)[name]) for name in sorted(names)}
        user, context = source.env.uid, dict(source.env.context)
        between = get_sequences()
        source._create_company(name=OTHER)
        all_tables, all_changes = read_written(source.env)
        after = get_sequences()
        if changes != all_changes:
            raise ValueError("a second company changes what was there")
        return CompanyCopy(
            tables=tables,
            changes=changes,
            others=_subtract(all_tables, tables),
            files=_read_files(source.env, all_tables),
            attributes=attributes,
            user=user,
            context=context,
            sequences={
                name: (before[name], between[name], after[name]) for name in after if after[name] > before[name]
            },
        )
    finally:
        source.doClassCleanups()


def read_written(env):
    """Return what the transaction of ``env`` wrote: new rows by table, and changes of rows that were there.

    :raise ValueError: when it did what a copy cannot repeat: it deleted a row, or made a table or a sequence
    """
    env.flush_all()
    cr = env.cr
    own = SQL("age(xmin) <= age(pg_current_xact_id()::xid)")
    cr.execute(SQL("SELECT relname FROM pg_class WHERE %s", own))
    if made := cr.fetchall():
        raise ValueError(f"the set-up of the company makes tables or sequences: {made}")
    cr.execute(
        """
        SELECT relname FROM pg_stat_xact_user_tables
         WHERE schemaname = current_schema AND n_tup_ins + n_tup_upd + n_tup_del > 0 ORDER BY relname
        """
    )
    names = [name for (name,) in cr.fetchall()]
    with db_connect(cr.dbname).cursor() as outside:
        read = {name: _read_table(cr, outside, name, own) for name in names}
    return (
        {name: rows for name, (rows, _changes) in read.items() if rows},
        {name: changes for name, (_rows, changes) in read.items() if changes},
    )


def _read_table(cr, outside, name, own):
    table = SQL.identifier(name)
    cr.execute(SQL("SELECT to_jsonb(written) FROM %s written WHERE %s", table, own))
    written = sorted((row for (row,) in cr.fetchall()), key=_key)
    known = {}
    if written and "id" in written[0]:
        ids = [row["id"] for row in written]
        outside.execute(SQL("SELECT to_jsonb(known) FROM %s known WHERE id = ANY(%s)", table, ids))
        known = {row["id"]: row for (row,) in outside.fetchall()}
    rows = [row for row in written if row.get("id") not in known]
    counts = []
    for cursor in (cr, outside):
        cursor.execute(SQL("SELECT count(*) FROM %s", table))
        counts.append(cursor.fetchone()[0])
    if counts[0] != counts[1] + len(rows):
        raise ValueError(f"the set-up of the company deletes rows of {name}")
    changes = []
    for row in written:
        if before := known.get(row.get("id")):
            changes.append({key: value for key, value in row.items() if key == "id" or before[key] != value})
    return rows, changes


def _key(row):
    return (row.get("id") or 0, json.dumps(row, sort_keys=True))


def _subtract(tables, known):
    """Return the rows of ``tables`` that are not among those ``known``, without what depends on other records."""
    others = {}
    for table, rows in tables.items():
        before = {_key(row) for row in known.get(table, [])}
        new = [row for row in rows if _key(row) not in before]
        if {row["id"] for row in new if "id" in row} & {row["id"] for row in known.get(table, []) if "id" in row}:
            raise ValueError(f"a second company changes the first: {table}")
        if new and table not in _PRODUCT_TAXES:
            others[table] = new
    return others


def _read_files(env, tables):
    """Return the content of the files that rows written refer to: they are deleted with the transaction."""
    stored = [row for row in tables["ir_attachment"] if row["store_fname"]]
    paths = {row["checksum"]: Path(env["ir.attachment"]._full_path(row["store_fname"])) for row in stored}
    return {checksum: base64.b64encode(path.read_bytes()).decode() for checksum, path in paths.items()}


def get_sequences():
    """Return the next values of the sequences of the database, by name."""
    with db_connect(get_db_name()).cursor() as cr:
        cr.execute("SELECT sequencename, coalesce(last_value + 1, start_value) FROM pg_sequences")
        return dict(cr.fetchall())


def set_sequences(cr, values, back=False):
    """Set the next values of sequences, upwards; with ``back`` downwards too."""
    known = get_sequences()
    for name, value in values.items():
        if back or known[name] < value:
            cr.execute("SELECT setval(%s, %s, false)", [name, value])


# === WRITING === #


def _write(cr, tables, changes):
    """Write rows by one statement: foreign keys are checked at its end, in whatever order the rows come."""
    parts = [_insert(table, rows) for table, rows in tables.items()]
    parts += [_update(table, row) for table, rows in changes.items() for row in rows if len(row) > 1]
    steps = (SQL("%s AS (%s)", SQL.identifier(f"step_{number}"), part) for number, part in enumerate(parts))
    cr.execute(SQL("WITH %s SELECT", SQL(", ").join(steps)))


def _insert(table, rows):
    columns = list(rows[0])
    return SQL(
        "INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_recordset(NULL::%s, %s) written%s",
        SQL.identifier(table),
        SQL(", ").join(map(SQL.identifier, columns)),
        SQL(", ").join(map(_value, columns)),
        SQL.identifier(table),
        json.dumps(rows),
        # A link may be there already: a user's group for several companies.
        SQL("" if "id" in columns else " ON CONFLICT DO NOTHING"),
    )


def _update(table, row):
    columns = [column for column in row if column != "id"]
    return SQL(
        "UPDATE %s known SET %s FROM jsonb_populate_record(NULL::%s, %s) written WHERE known.id = written.id",
        SQL.identifier(table),
        SQL(", ").join(SQL("%s = %s", SQL.identifier(column), _value(column)) for column in columns),
        SQL.identifier(table),
        json.dumps(row),
    )


def _value(column):
    return SQL("now() AT TIME ZONE 'UTC'") if column in STAMPS else SQL.identifier("written", column)


def _rename(row, name):
    return {key: value.replace(OTHER, name) if isinstance(value, str) else value for key, value in row.items()}


def _forget(cls):
    """Let nothing be remembered of the time before rows were written."""
    cls.env.invalidate_all(flush=False)
    for env in cls.env.transaction.envs:
        # The companies a user works in.
        reset_cached_properties(env)
    with cls.muted_registry_logger:
        cls.registry.clear_all_caches()


def _give_product_taxes(company):
    """Give the products that have taxes those of a new company, as core does once its chart is loaded."""
    products = company.env["product.template"].sudo()
    products = products.search(products._check_company_domain(company))
    for name, give in (
        ("taxes_id", "_force_default_sale_tax"),
        ("supplier_taxes_id", "_force_default_purchase_tax"),
    ):
        of_others = products.filtered(
            lambda product, name=name: (
                product[name] and not product[name].filtered_domain(product[name]._check_company_domain(company))
            )
        )
        getattr(of_others, give)(company)


# === NAMES === #


def _freeze(value):
    """Return the value of an attribute as JSON can hold it: records without their transaction."""
    if isinstance(value, models.BaseModel):
        env = value.env
        return {"records": [value._name, list(value._ids), env.uid, dict(env.context), env.su]}
    if isinstance(value, dict):
        return {"dict": {key: _freeze(item) for key, item in value.items()}}
    if value is None or isinstance(value, (str, int, float)):
        return {"value": value}
    raise ValueError(f"an attribute of core's set-up cannot be copied: {value!r}")


def _unfreeze(frozen, env):
    [(kind, value)] = frozen.items()
    if kind == "records":
        model, ids, user, context, su = value
        return env(user=user, context=context, su=su)[model].browse(ids)
    if kind == "dict":
        return {key: _unfreeze(item, env) for key, item in value.items()}
    return value


def _is_plain(cls):
    """Tell whether core would make for ``cls`` what it makes for a class that overrides nothing."""
    start = cls.__mro__.index(CORE[0])
    if cls.__mro__[start : start + len(CORE)] != CORE or cls.chart_template or not Registry(get_db_name()).loaded:
        return False
    methods = (classmethod, staticmethod, type(_is_plain))
    names = {name for core in CORE for name, value in vars(core).items() if isinstance(value, methods)}
    names -= {"setUpClass", *IN_TESTS}
    own = [klass for klass in cls.__mro__[:start] if klass is not FrenchCompanyCommon]
    return not any(name in vars(klass) for klass in own for name in names)
