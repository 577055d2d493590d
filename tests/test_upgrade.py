"""A database the previous version filled, updated to this one: nothing is lost, and it goes on working."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from types import SimpleNamespace

import pytest

from dev import databases
from dev.paths import ROOT, cache_dir
from support.database import Database

#: A day whose legal rates are known, whenever the test runs; a Friday.
LAST_DAY = "2025-12-19"

VERSION = re.compile(r'"version": "([^"]+)"')

#: What must be the same before and after: a count and a sum of each table that tells something of a debtor.
FACTS = {
    "notices": """
        SELECT id, name, state, kind, channel, seal, previous_seal, total_amount FROM relance_notice ORDER BY id""",
    "lines": "SELECT id, notice_id, line_id, principal_amount, penalty_amount FROM relance_notice_line ORDER BY id",
    "invoices": """
        SELECT id, relance_level_id, relance_last_date, relance_next_level_id, relance_next_date, relance_terms_id
          FROM account_move ORDER BY id""",
    "holds": "SELECT id, reason, partner_id, date_from, date_to FROM relance_hold ORDER BY id",
    "commitments": "SELECT id, partner_id, sign_state, outcome, cancelled FROM relance_commitment ORDER BY id",
    "levels": "SELECT id, calendar_id, kind, delay FROM relance_level ORDER BY id",
    "messages": "SELECT count(*) FROM mail_message WHERE model LIKE 'relance.%%'",
    "files": """
        SELECT count(*), sum(file_size) FROM ir_attachment WHERE res_model LIKE 'relance.%%' AND res_field IS NULL""",
}


def git(*arguments, text=True):
    """Run git in the checkout and return what it prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=text, check=True).stdout


def version_of(commit):
    return VERSION.search(git("show", f"{commit}:relance_fr/__manifest__.py")).group(1)


def previous_commit():
    """Return the last commit of an earlier version of the addon."""
    current = VERSION.search((ROOT / "relance_fr" / "__manifest__.py").read_text(encoding="utf-8")).group(1)
    for commit in git("log", "--format=%H", "--first-parent", "--", "relance_fr/__manifest__.py").split():
        if version_of(commit) != current:
            return commit
        if git("rev-list", "--parents", "-n", "1", commit).split()[1:] and version_of(f"{commit}^") != current:
            return git("rev-parse", f"{commit}^").strip()
    raise AssertionError("the history of the checkout holds no earlier version: fetch all of it")


#: The screens: what each of the addon's views holds and extends. Ids of actions differ from database to database.
VIEWS = """
    SELECT known.name, view.active, view.mode, view.priority, parent.module || '.' || parent.name,
           regexp_replace(view.arch_db->>'en_US', 'name="[0-9]+"', 'name=""', 'g')
      FROM ir_model_data known
      JOIN ir_ui_view view ON view.id = known.res_id
 LEFT JOIN ir_model_data parent ON parent.res_id = view.inherit_id AND parent.model = 'ir.ui.view'
     WHERE known.module = 'relance_fr' AND known.model = 'ir.ui.view'
  ORDER BY known.name"""


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """Make the demo of the previous version, note its facts, and update it."""
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(git("archive", previous_commit(), text=False))) as archive:
        archive.extractall(folder / "tree")
    for path in (ROOT / "dev").iterdir():
        # The same environment and databases: only the addon and its demo are of before.
        if path.is_file() and not path.name.startswith("demo"):
            shutil.copy(path, folder / "tree" / "dev" / path.name)
    name = f"{databases.DATABASE_PREFIX}upgrade_{os.getpid()}"
    command = [sys.executable, "dev", "demo", "--no-serve", "--database", name, "--folder", folder / "demo"]
    command += ["--until", LAST_DAY, "--days", "15"]
    # The addons path of this checkout is written down there.
    environment = {name: value for name, value in os.environ.items() if name != "ODOO_RC"}
    made = subprocess.run(command, cwd=folder / "tree", env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    database = Database.adopt(name)
    try:
        before = {fact: database.query(query) for fact, query in FACTS.items()}
        log = database.odoo("-u", "relance_fr")
        yield SimpleNamespace(database=database, before=before, log=log)
    finally:
        database.drop()
        (cache_dir() / f"demo-{name}.lock").unlink(missing_ok=True)


def test_nothing_is_lost(upgraded):
    assert len(upgraded.before["notices"]) > 20
    for fact, query in FACTS.items():
        assert upgraded.database.query(query) == upgraded.before[fact], fact


def test_the_screens_are_those_of_a_new_database(upgraded):
    new = Database()
    try:
        assert upgraded.database.query(VIEWS) == new.query(VIEWS)
    finally:
        new.drop()


def test_the_register_still_verifies_and_goes_on(upgraded):
    script = """
company = env["res.company"].search([("relance_automatic", "=", True)], limit=1)
before = env["relance.notice"]._verify_register(company)
env["relance.run"]._cron_escalate()
env["relance.run"]._cron_dispatch()
after = env["relance.notice"]._verify_register(company)
result = {"before": before, "after": after}
"""
    result = upgraded.database.script(script)
    assert result["before"]["valid"], result["before"]
    assert result["after"]["valid"], result["after"]


def test_every_invoice_can_still_say_why(upgraded):
    script = """
moves = env["account.move"].search([("move_type", "=", "out_invoice"), ("state", "=", "posted")])
result = [[move.relance_explain()["reason"], move.relance_statement()["total"]] for move in moves]
"""
    told = upgraded.database.script(script)
    assert len(told) > 50
    assert all(reason for reason, _total in told)


def test_companies_keep_what_they_do(upgraded):
    """Existing companies have no least sum, and letters wait where their posting was entered at all; new ones do."""
    script = """
rows = env["res.company"].search([], order="id")
posted = env["relance.notice"].search([("channel", "=", "letter"), ("posted_date", "!=", False)]).company_id
known = [[row.relance_minimum, row.relance_minimum_paper, row.relance_letters_posted] for row in rows]
expected = [[0.0, 0.0, "entered" if row in posted else "made"] for row in rows]
new = env["res.company"].create({"name": "New", "currency_id": env.ref("base.EUR").id})
shipped = [new.relance_minimum, new.relance_minimum_paper, new.relance_letters_posted]
result = {"known": known, "expected": expected, "shipped": shipped}
"""
    result = upgraded.database.script(script)
    assert result["known"] == result["expected"]
    assert result["shipped"] == [5.0, 15.0, "entered"]
