"""What the tests stand on: the SMTP server that keeps messages, the reading of Odoo's log."""

import ast
import doctest
import importlib
import json
import smtplib
import subprocess

import pytest

from dev import launcher, odoo_log, parts
from dev.paths import ADDON, ROOT
from dev.smtp import HOST, Sink

#: Prints the tests that Odoo finds in the addon: file, class, method, and whether they run after installation.
_FIND = """
import json, pathlib, sys
from odoo.modules.module import initialize_sys_path
from odoo.tools import config
config.parse_config([])
initialize_sys_path()
from odoo.tests import loader
found = []
for module in loader.get_test_modules("relance_fr"):
    for test in loader.get_module_test_cases(module):
        late = test.test_tags & {"post_install", "at_install"} == {"post_install"}
        found.append((module.__file__, type(test).__name__, test._testMethodName, late))
print(json.dumps(found))
"""


def send(port, *recipients, body="Montant dû : 40 €"):
    """Send one message."""
    text = f"From: a@example.com\r\nTo: {recipients[0]}\r\nSubject: Relance\r\n\r\n{body}\r\n"
    with smtplib.SMTP(HOST, port) as client:
        return client.sendmail("a@example.com", recipients, text.encode())


def test_sink_keeps_every_message_in_order(smtp):
    send(smtp.port, "one@example.com")
    send(smtp.port, "two@example.com", "copy@example.com")
    first, second = smtp.wait(2)
    assert [path.name for path in smtp.files()] == ["0001.eml", "0002.eml"]
    assert first["To"] == "one@example.com"
    assert second["X-Envelope-To"] == "two@example.com, copy@example.com"
    assert "Montant dû : 40 €".encode() in smtp.files()[0].read_bytes()


def test_sink_refuses_the_recipients_it_is_told_to(tmp_path):
    with Sink(tmp_path, refuse={"gone@example.com"}) as sink:
        refused = send(sink.port, "here@example.com", "gone@example.com")
        assert refused["gone@example.com"][0] == 550
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(sink.port, "gone@example.com")
        assert [message["X-Envelope-To"] for message in sink.messages()] == ["here@example.com"]
        assert sink.refused == ["gone@example.com", "gone@example.com"]


def test_sink_keeps_what_an_earlier_one_kept(tmp_path):
    for _again in range(2):
        with Sink(tmp_path) as sink:
            send(sink.port, "one@example.com")
    assert len(sink.files()) == 2


def test_sink_says_when_too_few_messages_came(smtp):
    with pytest.raises(TimeoutError, match="0 of 1 messages"):
        smtp.wait(1, timeout=0.2)


def test_sink_puts_every_new_recipient_off(tmp_path):
    with Sink(tmp_path, greylist=1) as sink:
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="greylisted"):
            send(sink.port, "one@example.com")
        send(sink.port, "one@example.com")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(sink.port, "two@example.com")
    assert [message["X-Envelope-To"] for message in sink.messages()] == ["one@example.com"]


def test_sink_hangs_up_in_the_middle_of_a_message(tmp_path):
    with Sink(tmp_path, drop=1) as sink:
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            send(sink.port, "one@example.com", body="x" * 100_000)
        assert (sink.dropped, sink.files()) == (["one@example.com"], [])
        send(sink.port, "one@example.com")
    assert len(sink.files()) == 1


def test_sink_calls_between_keeping_and_accepting(tmp_path):
    seen = []
    with Sink(tmp_path, kept=seen.append) as sink:
        send(sink.port, "one@example.com")
        send(sink.port, "two@example.com")
    assert seen == [1, 2]


@pytest.mark.parametrize("name", ["dev.odoo_log", "dev.parts", "dev.test"])
def test_examples_in_the_documentation(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_log_problems_are_warnings_and_errors_with_their_traceback():
    log = (
        "2026-01-02 03:04:05,678 9 INFO base odoo.modules: loading\n"
        "2026-01-02 03:04:05,678 9 WARNING base odoo.addons.relance_fr.models.x: odd\n"
        "2026-01-02 03:04:05,678 9 ERROR ? odoo.http: bad\nTraceback\n  line\n"
    )
    found = odoo_log.problems(odoo_log.read(log))
    assert [record.level for record in found] == ["WARNING", "ERROR"]
    assert found[1].text.endswith("Traceback\n  line")


def test_log_counts_failed_and_skipped_tests():
    prefix = "2026-01-02 03:04:05,678 9 INFO base odoo.addons.relance_fr.tests.test_x: "
    log = f"{prefix}skipped TestX.test_a : no browser\n" + prefix.replace("INFO", "ERROR")
    log += "1 failed, 1 error(s) of 10 tests when loading database 'base'"
    assert odoo_log.count(odoo_log.read(log)) == odoo_log.Count(7, 2, 1)


# -- the parts of a whole run


@pytest.fixture(scope="module")
def found():
    """Return the tests that Odoo finds in the addon: (file, class, method, whether after installation)."""
    command = [*launcher.command()[:1], "-c", _FIND]
    run = subprocess.run(command, env=launcher.environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert not run.returncode, run.stderr[-3000:]
    return [tuple(row) for row in json.loads(run.stdout.splitlines()[-1])]


def written():
    """Yield (file, class, method) of the tests that stand in the files of the addon's tests."""
    for path in sorted((ADDON / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
                yield from ((str(path), node.name, name) for name in methods if name.startswith("test"))


def test_every_test_written_is_found(found):
    """A file that no ``__init__.py`` imports would be left out in silence, as would one of two of the same name."""
    names = {(file, case, name) for file, case, name, _late in found}
    assert sorted(set(written()) - names) == []
    assert len(names) == len(found) > 1400
    files = {str(path) for path in (ADDON / "tests").rglob("test_*.py")}
    assert {file for file, _case, _name in names} == files


def test_every_test_runs_after_installation(found):
    """``make test`` installs once and runs all the tests on copies of that: those of the installation would not run."""
    assert [row[:3] for row in found if not row[3]] == []


def test_parts_hold_every_file_once():
    dealt = [name for names in parts.addon_parts() for name in names] + parts.system_parts() + ["tests/law"]
    assert len(dealt) == len(set(dealt))
    covered = {path for name in dealt for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*"))}
    tests = {path for folder in (ADDON / "tests", ROOT / "tests") for path in folder.rglob("test_*.py")}
    assert sorted(tests - covered) == []


def test_durations_are_remembered(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert parts.expected("tests/test_demo.py") > 0
    parts.remember({"tests/test_demo.py": 70.04, "tests/faults": 5})
    parts.remember({"tests/faults": 6})
    assert parts.expected("tests/test_demo.py", "tests/faults") == 76
    (tmp_path / "relance_fr" / "durations.json").write_text("{", encoding="utf-8")
    assert parts.expected("tests/faults") > 6
