"""Databases made from templates, in seconds; a database that is not ours is never touched.

Ours start with ``relance_fr_`` and carry :data:`COMMENT`; both are checked before one is dropped.
"""

import contextlib
import os
import shutil
import time

import psycopg2
from psycopg2 import sql

from . import build, launcher, odoo_home, postgres, scripts
from .console import SetupError, step
from .paths import ADDON, DATABASE_PREFIX, cache_dir, digest, tree_digest

COMMENT = "made by the development environment of relance_fr"

#: What a French company's database holds before our addon comes; Odoo adds what installs itself.
BASE_MODULES = "base,mail,web,portal,account,l10n_fr_account"

#: What makes the files browsers ask for, in a database; the end of the name of a template that has them.
_PAGES_CODE = "env['ir.qweb']._pregenerate_assets_bundles()"
_PAGES = "_pages"

#: How many templates with the addon are kept (one per state of its files): several checkouts may share a server.
_KEPT = 12


def main(arguments):
    """Create or drop a database: ``create NAME [base]`` (``base``: without the addon), ``drop NAME``."""
    if len(arguments) >= 2 and arguments[0] == "create":
        drop(arguments[1])
        create(arguments[1], base_template() if arguments[2:] == ["base"] else addon_template())
        return
    if len(arguments) == 2 and arguments[0] == "drop":
        drop(arguments[1])
        return
    raise SetupError("usage: python3 dev database {create NAME [base] | drop NAME}")


def create(name, template=None):
    """Make the database ``name`` as a copy of a template, its files included.

    :param template: name of a template; by default the one with the addon installed
    :raise SetupError: when ``name`` exists or cannot be ours
    """
    _check_name(name)
    template = template or addon_template()
    with _cursor() as cursor:
        if _exists(cursor, name):
            raise SetupError(f"database {name} exists; drop it first")
        _copy(cursor, template, name)


def serve_at(name, port):
    """Tell a database the port Odoo will serve it on, so that PDFs find their styles."""
    with connection(name) as opened, opened.cursor() as cursor:
        value = f"http://127.0.0.1:{port}"
        cursor.execute("UPDATE ir_config_parameter SET value = %s WHERE key = 'web.base.url'", [value])


def drop(name):
    """Drop a database of ours, its files included; nothing happens when it does not exist.

    :raise SetupError: when the database was not made by this project
    """
    _check_name(name)
    with _cursor() as cursor:
        comment = _comment(cursor, name)
        if comment is None:
            return
        if comment != COMMENT and not (comment == "" and _claim(name).exists()):
            raise SetupError(f"database {name} was not made by this project: left alone")
        database = sql.Identifier(name)
        if _exists(cursor, name):
            cursor.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(database))
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
    build.remove(postgres.data_dir() / "filestore" / name)
    build.remove(_claim(name))


def exists(name):
    """Tell whether the server has a database of that name, ours or not."""
    with _cursor() as cursor:
        return _exists(cursor, name)


def base_template():
    """Return the template with Odoo's accounting for France and French loaded, made when missing."""
    install = ["-i", BASE_MODULES, "--load-language=en_US,fr_FR"]
    # The files browsers ask for take 20 s to build: once here, not in every test of a page.
    name = f"{DATABASE_PREFIX}template_{odoo_home.find().key}_{digest(install, _PAGES_CODE, length=4)}"
    return _template(name, "template0", install, "making the template database", _PAGES_CODE)


def addon_template():
    """Return the template with the addon installed, made when the addon's files changed (not its tests)."""
    base = base_template()
    prefix = f"{base}_addon_"
    name = prefix + tree_digest(ADDON, skip=("tests",), length=8)
    if not exists(name):
        _template(name, base, ["-i", "relance_fr"], "making the template database with the addon")
        with _template_lock():
            _drop_old(prefix, name)
    return name


def pages_template(make=True):
    """Return the addon's template with the files browsers ask for, which take 20 s: for many tests of pages.

    :param make: whether to make it; else it is the addon's template while there is none
    """
    addon = addon_template()
    name = f"{addon}{_PAGES}"
    if make and not exists(name):
        _template(name, addon, None, "making the files browsers ask for", _PAGES_CODE)
    return name if exists(name) else addon


def company_file(template):
    """Return the file that keeps the company of the addon's tests for the databases copied from a template.

    ``relance_fr/tests/company_common.py`` writes it; it is named after that file's content too.
    """
    folder = postgres.data_dir() / "companies"
    folder.mkdir(exist_ok=True)
    code = digest((ADDON / "tests" / "company_common.py").read_bytes(), length=8)
    return folder / f"{template.removesuffix(_PAGES)}_{code}.json"


def _template_lock():
    return build.lock(f"template-{postgres.server_key()}")


def _template(name, source, install, title, code=None):
    """Make a template once: Odoo works on a database of another name, renamed when complete.

    :param install: arguments of an Odoo that installs something in it, if any
    :param code: Python to run in it once installed
    """
    if exists(name):
        return name
    with _template_lock():
        if exists(name):
            return name
        building = f"{DATABASE_PREFIX}building"
        drop(building)
        drop(name)
        with step(title):
            with _cursor() as cursor:
                _copy(cursor, source, building)
            if install:
                _install(building, install, log_file(name))
            if code:
                scripts.run(building, code)
            with _cursor() as cursor:
                _rename(cursor, building, name)
    return name


def log_file(name):
    """Return the file that keeps what Odoo said while it made or tested a database."""
    folder = cache_dir() / "logs" / postgres.server_key()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def _install(name, arguments, log):
    status = launcher.call("-d", name, *arguments, "--stop-after-init", "--no-http", log=log)
    text = log.read_text(encoding="utf-8", errors="replace")
    if status or " ERROR " in text or " CRITICAL " in text:
        raise SetupError(f"Odoo could not install {' '.join(arguments)}; read {log}")


def _claim(name):
    """Return the file that says a database is ours while it is made, before it carries our comment."""
    folder = postgres.data_dir() / "making"
    folder.mkdir(exist_ok=True)
    return folder / name


def _copy(cursor, source, name):
    """Copy a database and mark it ours; two copies at once, or a session that ends, need a second try."""
    parts = {"name": sql.Identifier(name), "source": sql.Identifier(source), "how": sql.SQL(_encoding(source))}
    _claim(name).touch()
    for attempt in range(20):
        try:
            cursor.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {source} {how}").format(**parts))
            break
        except psycopg2.Error as error:
            if not isinstance(error, psycopg2.errors.ObjectInUse) or attempt == 19:
                _claim(name).unlink()
                raise
            time.sleep(0.5)
    cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS %s").format(sql.Identifier(name)), [COMMENT])
    _claim(name).unlink()
    store = postgres.data_dir() / "filestore"
    build.remove(store / name)
    if (store / source).is_dir():
        # Odoo never changes a stored file, so a second name for it is as good as a copy.
        shutil.copytree(store / source, store / name, copy_function=os.link)


def _encoding(source):
    """Return the locale Odoo itself would choose for a new database; a copy takes its source's."""
    return "ENCODING 'unicode' LC_COLLATE 'C'" if source == "template0" else ""


def _rename(cursor, building, name):
    store = postgres.data_dir() / "filestore"
    build.remove(store / name)
    if (store / building).is_dir():
        os.rename(store / building, store / name)
    pair = {"old": sql.Identifier(building), "new": sql.Identifier(name)}
    cursor.execute(sql.SQL("ALTER DATABASE {old} RENAME TO {new}").format(**pair))
    # A template is in nobody's list of databases: a server without -d starts no cron on it.
    cursor.execute(sql.SQL("ALTER DATABASE {new} IS_TEMPLATE true").format(**pair))


def _drop_old(prefix, current):
    with _cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s AND datname <> %s ORDER BY oid DESC",
            [prefix.replace("_", r"\_") + "%", current],
        )
        names = [name for (name,) in cursor.fetchall() if not name.endswith(_PAGES)]
    for name in names[_KEPT - 1 :]:
        drop(name + _PAGES)
        drop(name)
        log_file(name).unlink(missing_ok=True)
        for path in (postgres.data_dir() / "companies").glob(f"{name}_*"):
            path.unlink()


def _check_name(name):
    if not name.startswith(DATABASE_PREFIX):
        raise SetupError(f"database {name}: names of this project's databases start with {DATABASE_PREFIX}")
    if len(name) > 63:
        raise SetupError(f"database {name}: at most 63 characters")


def _exists(cursor, name):
    # A limit of -2 marks a database whose removal was interrupted: it can only be removed again.
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datconnlimit <> -2", [name])
    return bool(cursor.fetchone())


def _comment(cursor, name):
    """Return the comment of a database, ``""`` when it has none, ``None`` when there is no such database."""
    query = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s"
    cursor.execute(query, [name])
    row = cursor.fetchone()
    return row[0] if row else None


@contextlib.contextmanager
def connection(name="postgres"):
    """Open a connection to a database, each statement committed at once."""
    where = postgres.environment()
    try:
        opened = psycopg2.connect(
            dbname=name,
            host=where.get("PGHOST"),
            port=where.get("PGPORT"),
            user=where.get("PGUSER"),
            password=where.get("PGPASSWORD"),
        )
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise SetupError(f"no database server: {reason}; check PGHOST, PGPORT, PGUSER") from error
    opened.autocommit = True
    with contextlib.closing(opened):
        yield opened


@contextlib.contextmanager
def _cursor():
    with connection() as opened, opened.cursor() as cursor:
        yield cursor
