"""A reason of an integrator: an entry and a condition (``tests/addons/relance_fr_test_reason``), seen everywhere."""

import os
from pathlib import Path

import pytest

from support.company import READY
from support.database import Database

ADDONS = Path(__file__).parent / "addons"

SCENE = """
from datetime import timedelta

company = env.company
env["ir.cron"].search([]).active = False
calendar = env["relance.calendar"].create({
    "name": "Short", "level_ids": [(0, 0, {"name": "Reminder", "kind": "firm", "delay": 5})],
})
company.relance_calendar_id = calendar
today = company._relance_today()
debtors = env["res.partner"].create([
    {"name": name, "is_company": True, "email": "debtor@example.com"} for name in ("Returns", "Owes", "Fails")
])
invoices = env["account.move"].create([
    {"move_type": "out_invoice", "partner_id": debtor.id, "invoice_date": today - timedelta(days=60), "ref": ref,
     "invoice_date_due": today - timedelta(days=10), "invoice_payment_term_id": False,
     "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": False})]}
    for debtor, ref in zip(debtors, ("RETURN", "", "RETURN"), strict=True)
])
invoices.action_post()
# Entered with their dates, not today.
env.cr.execute("UPDATE account_move SET relance_entered_on = invoice_date")
invoices.invalidate_recordset(["relance_entered_on"])
# What holds it for longer is told in its place.
env["relance.hold"].create({"move_id": invoices[2].id, "reason": "dispute"})
"""

SEEN = """
run = env["relance.run"].create({"company_id": company.id})
run.action_preview()
lines = env["relance.run.line"].search([("run_id", "=", run.id), ("reason", "=", "goods_returning")])
work = env["relance.debtor"].search([("partner_id", "=", debtors[0].id)])
result = {
    "explained": [invoice.relance_explain() for invoice in invoices],
    "states": invoices.mapped("relance_state"),
    "stopped": run.summary["stopped"],
    "opened": [run.action_open_summary(run.summary["stopped"][-1]["key"])["domain"], lines.move_id.ids],
    "messages": lines.mapped("message"),
    "labels": [dict(lines.fields_get(["reason"])["reason"]["selection"])["goods_returning"],
               dict(work.fields_get(["action"])["action"]["selection"])["goods"]],
    "work": [work.action, work.reasons, work.action_do()["res_id"]],
    "ids": invoices.ids,
    "day": format(invoices[0].invoice_date_due, "%d/%m"),
    "run": run.id,
}
"""

GONE = """
run = env["relance.run"].browse(values["run"])
lines = env["relance.run.line"].search([("run_id", "=", run.id), ("reason", "=", "goods_returning")])
result = [lines.mapped("message"), [row["title"] for row in run.summary["stopped"]]]
"""


@pytest.fixture
def database(charted_template):
    """Return a database where the addon of the tests is installed."""
    others = os.environ.get("RELANCE_ADDONS", "")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RELANCE_ADDONS", os.pathsep.join(filter(None, (str(ADDONS), others))))
        # Its addons path was written down before.
        environment.delenv("ODOO_RC", raising=False)
        made = Database(charted_template)
        made.odoo("-i", "relance_fr_test_reason")
        yield made
        made.drop()


def test_an_entry_and_a_condition_are_seen_everywhere(database):
    seen = database.script(READY + SCENE + SEEN)
    told = [(row["decision"], row["reason"]) for row in seen["explained"]]
    assert told == [("wait", "goods_returning"), ("send", "due"), ("skip", "disputed")]
    assert seen["explained"][0]["message"] == "Reminder waits: the goods are on their way back."
    assert seen["states"] == ["held", "late", "held"]
    row = seen["stopped"][-1]
    assert (row["title"], row["note"], row["lines"], row["key"]) == (
        "Goods on their way back", "Wait", 1, ["stopped", "goods_returning"],
    )  # fmt: skip
    assert seen["opened"][0] == [["run_id", "=", seen["run"]], ["reason", "=", "goods_returning"]]
    assert seen["opened"][1] == seen["ids"][:1]
    assert seen["messages"] == ["Reminder waits: the goods are on their way back."]
    assert seen["labels"] == ["Goods on their way back", "Receive the goods"]
    action, reasons, opened = seen["work"]
    assert (action, opened) == ("goods", seen["ids"][0])
    assert {"text": f"Goods to receive since {seen['day']}", "tone": "info"} in reasons

    # The addon goes, what it decided stays readable.
    database.script(
        'env["ir.module.module"].search([("name", "=", "relance_fr_test_reason")]).button_immediate_uninstall()'
    )
    messages, titles = database.script(GONE, run=seen["run"])
    assert messages == ["goods_returning"]
    assert titles[-1] == "goods_returning"
