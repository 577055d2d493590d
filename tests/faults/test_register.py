"""The register over the network: nobody alters it by RPC, and its export is verified by the documented recipe alone."""

import json
import re
import subprocess
import sys

import pytest

from dev.paths import ROOT
from faults import checks
from support.session import CallError

_COUNT = 10
_USERS = """
for name, group in (("clerk", "account.group_account_invoice"), ("manager", "account.group_account_manager"),
                    ("portal", "base.group_portal")):
    env["res.users"].create({
        "name": name, "login": name, "password": name, "group_ids": [(6, 0, env.ref(group).ids)],
        "company_id": 1, "company_ids": [(6, 0, [1])], "lang": "fr_FR",
    })
"""


@pytest.fixture
def sealed(debtors, jobs, smtp):
    """Return a database whose register holds notices, with users of several ranks."""
    database = debtors(_COUNT)
    database.script(_USERS)
    checks.register(jobs(database, smtp).finish(), _COUNT)
    return database


def test_register_over_the_network(sealed, serve, login, tmp_path):
    server = serve(sealed, "--max-cron-threads=0", check_log=False)
    manager = login(server, sealed, "manager", "manager")
    _assert_untouched(server, sealed, login)
    status, export = manager.get("/relance_fr/register/1")
    assert status == 200
    _assert_recomputed(sealed, export.decode(), tmp_path)
    status, certificate = manager.get("/report/pdf/relance_fr.register_certificate/1")
    assert status == 200 and certificate.startswith(b"%PDF")
    for user in ("clerk", "portal"):
        session = login(server, sealed, user, user)
        assert session.get("/relance_fr/register/1")[0] == 404
        assert session.get("/report/pdf/relance_fr.register_certificate/1")[0] != 200
    action = manager.call("relance.notice", "action_verify_register")
    assert action["params"]["type"] == "success"
    assert action["params"]["links"][0]["url"] == "/report/pdf/relance_fr.register_certificate/1"


def _assert_untouched(server, database, login):
    """Assert that no user changes anything by JSON-RPC, and is told so."""
    facts = "SELECT to_jsonb(notice)::text FROM relance_notice notice ORDER BY id"
    before = database.query(facts)
    [(notice, letter, line)] = database.query(
        """
        SELECT notice.id, notice.attachment_id, fact.id FROM relance_notice notice
          JOIN relance_notice_line fact ON fact.notice_id = notice.id
         WHERE notice.attachment_id IS NOT NULL ORDER BY notice.id LIMIT 1
        """
    )
    attempts = [
        ("relance.notice", "write", [notice], {"total_amount": 1}),
        ("relance.notice", "write", [notice], {"state": "draft"}),
        ("relance.notice", "unlink", [notice]),
        ("relance.notice", "action_cancel", [notice]),
        ("relance.notice", "_set_state", [notice]),
        ("relance.notice", "_set_state", [notice], "draft"),
        ("relance.notice.line", "write", [line], {"total_amount": 1}),
        ("relance.notice.line", "unlink", [line]),
        ("ir.attachment", "write", [letter], {"raw": "other"}),
        ("ir.attachment", "unlink", [letter]),
        ("relance.notice", "write", [notice], {"anchor_seal": "0" * 64}),
        ("relance.register", "_leave_heads", []),
        ("relance.register", "_resume_all", []),
        ("relance.register", "create", [], {"company_id": 1}),
    ]
    for user, password in (("admin", "admin"), ("manager", "manager"), ("clerk", "clerk"), ("portal", "portal")):
        session = login(server, database, user, password)
        for model, method, *arguments in attempts:
            with pytest.raises(CallError):
                session.call(model, method, *arguments)
    assert database.query(facts) == before


def _assert_recomputed(database, export, folder):
    """Run the recipe of the documentation on the export, then on exports that were tampered with."""
    [recipe] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/register.md").read_text(encoding="utf-8"), re.S)
    program, file = folder / "recipe.py", folder / "register.jsonl"
    program.write_text(recipe, encoding="utf-8")

    def run(text, *printed):
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", program, file, *printed]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    [(head,)] = database.query("SELECT last_seal FROM relance_register")
    intact = run(export)
    assert (intact.returncode, intact.stdout.split()) == (0, ["intact:", head])
    lines = export.splitlines(keepends=True)
    assert len(lines) == _COUNT
    second = json.loads(lines[1])
    forged = json.dumps({**second, "payload": second["payload"].replace('"total":"', '"total":"1')}) + "\n"
    for tampered, number in (
        ([lines[0], forged, *lines[2:]], second["number"]),
        ([lines[0], *lines[2:]], json.loads(lines[2])["number"]),
        ([lines[1], lines[0], *lines[2:]], second["number"]),
    ):
        found = run("".join(tampered))
        assert found.returncode and f"broken at {number}" in found.stderr
    # What was cut off at the end shows by the head, and by what a letter made since carries.
    assert head not in run("".join(lines[:-1])).stdout
    last = json.loads(lines[-1])
    printed = f"{last['rank']}:{' '.join(re.findall('....', last['seal'][:32]))}"
    assert run(export, printed).returncode == 0
    for cut_or_other in ((lines[:-1], printed), (lines, f"{last['rank']}:{'0' * 32}")):
        found = run("".join(cut_or_other[0]), cut_or_other[1])
        assert found.returncode and f"rank {last['rank']} has not the seal" in found.stderr
