"""The development environment: what it promises to the person who clones the repository."""

import os
import subprocess
import sys
import time

import pytest

from dev import apt, build, databases, tools
from dev.console import SetupError
from dev.paths import ROOT

ODOO = ROOT / "bin" / "odoo"


def run(*command, **variables):
    """Run a command in the checkout and return it finished, its output as text."""
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


# -- set-up


def test_second_setup_builds_nothing():
    run(sys.executable, "dev", "setup")
    start = time.monotonic()
    again = run(sys.executable, "dev", "setup")
    assert again.returncode == 0, again.stderr
    assert "->" not in again.stderr, again.stderr
    assert time.monotonic() - start < 10


def test_build_interrupted_is_made_again(tmp_path):
    target = tmp_path / "thing"

    def fail(folder):
        (folder / "half").touch()
        raise KeyboardInterrupt

    def succeed(folder):
        assert not list(folder.iterdir()), "what was left behind is used"
        (folder / "whole").touch()

    with pytest.raises(KeyboardInterrupt):
        build.folder(target, "thing", fail)
    assert not target.exists()
    build.folder(target, "thing", succeed)
    assert (target / "whole").exists()
    build.folder(target, "thing", fail)  # exists: not built again


def test_build_in_place_interrupted_is_made_again(tmp_path):
    target = tmp_path / "thing"

    def fail(folder):
        folder.mkdir()
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.folder_in_place(target, "thing", fail)
    build.folder_in_place(target, "thing", lambda folder: folder.mkdir())
    assert [path.name for path in target.iterdir()] == [".complete"]


def test_package_sources_are_read_in_both_formats(tmp_path, monkeypatch):
    monkeypatch.setattr(apt, "release_name", lambda: "bookworm")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://commented.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/keys/one.gpg] http://one.example/debian bookworm main contrib\n"
        "deb http://other.example/apt cloud-sdk-bookworm main\n"
    )
    (tmp_path / "sources.list.d" / "two.sources").write_text(
        "Types: deb\n# comment\nURIs: http://two.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /keys/two.gpg\n\n"
        "Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n"
    )
    assert apt.machine_sources(tmp_path) == [
        ("Signed-By: /keys/one.gpg\n", "http://one.example/debian", "bookworm"),
        ("Signed-By: /keys/two.gpg\n", "http://two.example/debian", "bookworm"),
        ("Signed-By: /keys/two.gpg\n", "http://two.example/debian", "bookworm-updates"),
    ]


# -- bin/odoo


def fake_odoo(folder, version):
    """Write the least that passes for an Odoo, which prints its arguments."""
    (folder / "odoo").mkdir()
    (folder / "addons" / "account").mkdir(parents=True)
    (folder / "odoo" / "__init__.py").touch()
    (folder / "odoo" / "release.py").write_text(f"version_info = ({version}, 0, FINAL, 0, '')\n")
    (folder / "odoo" / "__main__.py").write_text("import sys\nprint('another Odoo', *sys.argv[1:])\n")


def test_odoo_is_the_one_that_odoo_home_names(tmp_path):
    fake_odoo(tmp_path, "19, 0")
    result = run(ODOO, "--dev", "xml", ODOO_HOME=str(tmp_path))
    assert result.stdout == "another Odoo --dev xml\n", result.stderr


def test_odoo_home_of_another_version_is_refused_in_one_line(tmp_path):
    fake_odoo(tmp_path, "18, 0")
    result = run(ODOO, "--version", ODOO_HOME=str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "is not Odoo 19.0; set ODOO_HOME" in result.stderr


def test_odoo_home_without_odoo_is_refused_in_one_line(tmp_path):
    result = run(ODOO, "--version", ODOO_HOME=str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert f"no Odoo in {tmp_path}" in result.stderr


def test_server_that_does_not_answer_is_reported_in_one_line(tmp_path):
    variables = {"PGHOST": str(tmp_path), "PGPORT": "5499", "PGUSER": "nobody"}
    result = run(sys.executable, "dev", "database", "drop", "relance_fr_none", **variables)
    assert result.returncode == 2
    assert result.stderr.startswith("error: no database server")
    assert result.stderr.count("\n") == 1


def test_arguments_win_over_the_defaults():
    code = "from odoo.tools import config; config.parse_config(['--http-interface=127.0.0.2']); "
    code += "print(config['http_interface'], config['addons_path'][0])"
    result = run(sys.executable, "-c", code)
    assert result.stdout.split() == ["127.0.0.2", str(ROOT)], result.stderr


# -- databases


@pytest.fixture
def foreign():
    """Return the name of a database that looks like ours but was made by somebody else."""
    name = f"relance_fr_foreign_{os.getpid()}"
    with databases.connection() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield name
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def test_database_of_somebody_else_is_not_dropped(foreign):
    with pytest.raises(SetupError, match="was not made by this project"):
        databases.drop(foreign)
    assert databases.exists(foreign)


def test_database_of_a_set_up_that_was_killed_is_dropped(monkeypatch):
    name = f"relance_fr_killed_{os.getpid()}"

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        # Killed between the creation and the comment that says whose it is.
        patch.setattr(databases.sql, "SQL", _kill_at("COMMENT", databases.sql.SQL))
        databases.create(name, databases.base_template())
    assert databases.exists(name)
    databases.drop(name)
    assert not databases.exists(name)


def _kill_at(word, make):
    """Return a maker of SQL that stops the program at the first statement with ``word``."""

    def checked(text):
        if word in text:
            raise KeyboardInterrupt
        return make(text)

    return checked


def test_database_with_another_prefix_is_never_touched():
    for act in (databases.drop, databases.create):
        with pytest.raises(SetupError, match="start with relance_fr_"):
            act("postgres")
    assert databases.exists("postgres")


def test_database_that_exists_is_not_overwritten(foreign):
    with pytest.raises(SetupError, match="exists"):
        databases.create(foreign, databases.base_template())


def test_copy_of_a_template_is_a_working_odoo(bare_database):
    code = "result = sorted(env['res.lang'].search([]).mapped('code'))"
    assert bare_database.script(code) == ["en_US", "fr_FR"]
    assert bare_database.query("SELECT count(*) FROM ir_module_module WHERE demo") == [(0,)]


# -- tools


def test_pdf_has_text_with_accents_and_repeated_headers(tmp_path):
    page, header, pdf = tmp_path / "page.html", tmp_path / "header.html", tmp_path / "page.pdf"
    head = "<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>"
    page.write_text(f"{head}<p style='font-family: Liberation Sans'>Échéance dépassée, 40 €</p></body>")
    header.write_text(f"{head}<p>Société à Besançon</p></body>")
    environment = {**os.environ, **tools.environment()}
    command = [tools.which("wkhtmltopdf"), "--quiet", "--header-html", header, page, pdf]
    subprocess.run(command, check=True, env=environment)
    text = subprocess.run([tools.which("pdftotext"), pdf, "-"], check=True, capture_output=True, env=environment)
    assert "Échéance dépassée, 40 €" in text.stdout.decode()
    assert "Société à Besançon" in text.stdout.decode()


def test_kind_of_a_file_is_known():
    code = "import magic; print(magic.from_buffer(b'%PDF-1.4', mime=True))"
    assert run(sys.executable, "-c", code, **tools.environment()).stdout == "application/pdf\n"


def test_browser_starts():
    environment = {**os.environ, **tools.environment()}
    result = subprocess.run([tools.browser(), "--version"], capture_output=True, text=True, env=environment)
    assert result.returncode == 0
    assert "Chrom" in result.stdout


# -- the addon in Odoo


def test_server_answers_calls_of_a_user(shared_database, serve, login):
    server = serve(shared_database, "--max-cron-threads=0")
    session = login(server, shared_database)
    assert session.call("res.users", "read", [session.uid], ["login"])[0]["login"] == "admin"
    assert session.get("/web/login")[0] == 200


def test_addon_installs_updates_and_uninstalls_without_a_warning(bare_database):
    bare_database.odoo("-i", "relance_fr")
    bare_database.odoo("-u", "relance_fr")
    bare_database.script("env.ref('base.module_relance_fr').button_immediate_uninstall()")
    tables = bare_database.query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'relance%%'")
    columns = bare_database.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE column_name LIKE 'relance%%'"
    )
    assert (tables, columns) == ([], [])
    bare_database.odoo("-i", "relance_fr")
