"""The addon uninstalled and installed again: the register goes on, numbers are given once, the chain is one."""

import json
import re
import subprocess
import sys

from test_concurrency import COMPANY

from dev.paths import ROOT

SEAL = """
env["relance.run"]._cron_escalate()
env["relance.run"]._cron_dispatch()
notices = env["relance.notice"].search([("seal", "!=", False)], order="seal_sequence")
register = env["relance.register"]
result = {
    "numbers": notices.mapped("name"),
    "ranks": notices.mapped("seal_sequence"),
    "anchors": [[notice.anchor_rank, notice.anchor_seal] for notice in notices],
    "seals": notices.mapped("seal"),
    "register": env["relance.notice"]._verify_register(env.company),
    "earlier": register._get_earlier(env.company) and register._get_earlier(env.company)["rank"],
    "export": list(register._export_lines(env.company)),
}
env.cr.commit()
"""
UNINSTALL = """
module = env["ir.module.module"].search([("name", "=", "relance_fr")])
module.button_immediate_uninstall()
result = None
"""
VALID = {"valid": True, "broken": False, "reason": False}


def test_register_goes_on(database, tmp_path):
    database.script(COMPANY, count=3, automatic=True)
    before = database.script(SEAL)
    assert before["ranks"] == [1, 2, 3] and before["register"] == {**VALID, "checked": 3}
    database.script(UNINSTALL, check_log=False)
    assert database.query("SELECT to_regclass('relance_notice')") == [(None,)]
    [(value,)] = database.query("SELECT value FROM ir_config_parameter WHERE key = 'relance_fr.register.1'")
    left = json.loads(value)
    assert (left["rank"], left["seal"]) == (3, before["seals"][-1])
    database.odoo("-i", "relance_fr")
    database.query(
        "UPDATE res_company SET relance_automatic = TRUE, relance_bank_max_age = 0, relance_working_days = FALSE"
    )
    after = database.script(SEAL)
    assert len(after["numbers"]) == 3 and not set(after["numbers"]) & set(before["numbers"])
    assert after["ranks"] == [4, 5, 6] and after["earlier"] == 3
    assert after["anchors"] == [[3, before["seals"][-1]]] * 3
    assert after["register"] == {**VALID, "checked": 3}
    _assert_recomputed(before, after, tmp_path)


def _assert_recomputed(before, after, folder):
    """Run the documented recipe on both exports, then on both as one: it is a single chain."""
    [recipe] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/register.md").read_text(encoding="utf-8"), re.S)
    program, file = folder / "recipe.py", folder / "register.jsonl"
    program.write_text(recipe, encoding="utf-8")

    def run(lines, *given):
        file.write_text("".join(lines), encoding="utf-8")
        command = [sys.executable, "-I", program, file, *given]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    end, start = f"intact: {after['seals'][-1]}", f"3:{before['seals'][-1]}"
    assert run(after["export"], f"after={start}").stdout.strip() == end
    assert run(before["export"] + after["export"], start).stdout.strip() == end
    assert run(after["export"]).returncode, "A register that begins at rank 4 says after what."
    assert run(after["export"], f"after=3:{'a' * 64}").returncode
