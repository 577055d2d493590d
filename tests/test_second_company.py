"""A second French company, made as the web client makes one: core installs what it has for France, dunning works there.

Core installs nothing while Odoo's own tests run: only a server, and the database it serves, shows what is missing.
"""

from support.company import READY, today
from support.database import assert_quiet

DUN = (
    f"""
from datetime import timedelta

company = env["res.company"].browse(values["company"])
env = env(context=dict(env.context, allowed_company_ids=company.ids))
{READY}
"""
    + """
today = company._relance_today()
company.write({"relance_bank_max_age": 0, "relance_automatic": True, "email": "compta@seconde.example.com"})
partner = env["res.partner"].create(
    {"name": "Menuiserie Lefèvre", "is_company": True, "email": "client@example.com",
     "street": "12 rue des Érables", "zip": "69003", "city": "Lyon", "country_id": env.ref("base.fr").id}
)
invoice = env["account.move"].create(
    {"move_type": "out_invoice", "company_id": company.id, "partner_id": partner.id,
     "invoice_date": today - timedelta(days=60), "invoice_date_due": today - timedelta(days=10),
     "invoice_payment_term_id": False,
     "invoice_line_ids": [(0, 0, {"name": "Travaux", "quantity": 1, "price_unit": 100, "tax_ids": False})]}
)
invoice.action_post()
# Entered on its own day: what is entered late waits for the next one.
env.flush_all()
env.cr.execute("UPDATE account_move SET relance_entered_on = invoice_date")
env["relance.run"]._cron_escalate()
env["relance.run"]._cron_dispatch()
notices = env["relance.notice"].search([("company_id", "=", company.id)])
modules = env["ir.module.module"].search([("state", "=", "installed")]).mapped("name")
result = {
    "chart": company.chart_template,
    "calendar": company.relance_calendar_id.name,
    "notices": [[notice.name, notice.state, notice.email_to, notice.total_amount] for notice in notices],
    "valid": env["relance.notice"]._verify_register(company)["valid"],
    "to_do": env["ir.module.module"].search_count([("state", "in", ("to install", "to upgrade", "to remove"))]),
    "modules": modules,
}
"""
)

MISSING = """
import importlib.metadata

missing = []
for module in env["ir.module.module"].search([("state", "=", "installed")]):
    for name in module.get_module_info(module.name).get("external_dependencies", {}).get("python", ()):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append((module.name, name))
result = missing
"""


def test_second_french_company(database, serve, login):
    server = serve(database, "--max-cron-threads=0")
    session = login(server, database)
    [[france, _name]] = session.call("res.country", "name_search", "France", [["code", "=", "FR"]])
    values = {
        "name": "Seconde SARL",
        "country_id": france,
        "street": "1 place Bellecour",
        "zip": "69002",
        "city": "Lyon",
    }
    [made] = session.call("res.company", "web_save", [], values, specification={"name": {}})
    company = made["id"]
    facts = database.script(DUN, company=company)
    assert (facts["chart"], facts["to_do"], facts["valid"]) == ("fr", 0, True)
    assert facts["calendar"]
    year = today().year
    assert facts["notices"] == [[f"RLF/{year}/00001", "sent", "client@example.com", 100.0]]
    # What core installs for a French company, as its manifests say.
    assert {"account_peppol", "l10n_fr_account"} <= set(facts["modules"])
    assert database.script(MISSING) == []
    # A third one, and a branch, find everything installed.
    [third] = session.call(
        "res.company", "web_save", [], {**values, "name": "Troisième SARL"}, specification={"name": {}}
    )
    branch = {"name": "Agence", "parent_id": company, "country_id": france}
    session.call("res.company", "web_save", [], branch, specification={"name": {}})
    assert third["id"] != company
    server.stop()
    assert_quiet(server.log())
