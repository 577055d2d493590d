"""What becomes of notices reaches an extension, and their chatter, whoever moves them.

The extension is an addon of its own (``tests/addons``), written as an integrator would.
"""

import os
from pathlib import Path

import pytest

from support.company import READY
from support.database import Database

ADDONS = Path(__file__).parent / "addons"

NOTICES = """
from datetime import timedelta

company = env.company
env["ir.cron"].search([]).active = False
env.ref("relance_fr.ir_cron_dispatch").active = True
company.country_id = env.ref("base.fr")
today = company._relance_today()
partners = env["res.partner"].create([
    {"name": name, "is_company": True, "street": "1 rue du Port", "zip": "69001", "city": "Lyon",
     "email": f"{name.lower()}@example.com", "relance_regime": "business", "country_id": env.ref("base.fr").id}
    for name in ("Alpha", "Beta", "Gamma", "Delta")
])
invoices = env["account.move"].create([
    {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": today - timedelta(days=60),
     "invoice_date_due": today - timedelta(days=10), "invoice_payment_term_id": False,
     "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": False})]}
    for partner in partners
])
invoices.action_post()
invoices._relance_send_by_hand(send_now=False)
"""

BUTTON = """
env["relance.notice"].search([("partner_id.name", "=", "Alpha")]).with_user(env.ref("base.user_admin")).action_cancel()
"""

# The debtor is let alone since: the job that sends finds it out.
JOB = """
env["res.partner"].search([("name", "=", "Beta")]).relance_exclude = True
env.cr.commit()
env.ref("relance_fr.ir_cron_dispatch").method_direct_trigger()
"""

TOLD = "SELECT old, new, debtors FROM relance_test_change ORDER BY id"
TRACKED = """
    SELECT value.old_value_char, value.new_value_char, author.name
      FROM mail_tracking_value value
      JOIN ir_model_fields field ON field.id = value.field_id AND field.name = 'state'
      JOIN mail_message message ON message.id = value.mail_message_id AND message.model = 'relance.notice'
      JOIN res_partner author ON author.id = message.author_id
      JOIN relance_notice notice ON notice.id = message.res_id
      JOIN res_partner debtor ON debtor.id = notice.partner_id
     WHERE debtor.name = %s ORDER BY value.id
"""


@pytest.fixture(scope="module")
def database(charted_template):
    """Return a database where the extension of the tests is installed."""
    others = os.environ.get("RELANCE_ADDONS", "")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RELANCE_ADDONS", os.pathsep.join(filter(None, (str(ADDONS), others))))
        # Its addons path was written down before.
        environment.delenv("ODOO_RC", raising=False)
        made = Database(charted_template)
        made.odoo("-i", "relance_fr_test_state")
        yield made
    made.drop()


def test_an_extension_follows_notices(database):
    database.script(READY + NOTICES)
    assert database.query(TOLD) == [("draft", "ready", "Alpha, Beta, Delta, Gamma")], (
        "Once for all that moved together."
    )
    database.script(BUTTON)
    database.script(JOB)
    assert database.query(TOLD)[1:] == [
        ("ready", "cancelled", "Alpha"),
        ("ready", "cancelled", "Beta"),
        ("ready", "sent", "Delta, Gamma"),
    ]
    sealed = ("Draft", "Ready", "OdooBot")
    by_button, by_job = database.query(TRACKED, "Alpha"), database.query(TRACKED, "Beta")
    assert [step[:2] for step in by_button] == [step[:2] for step in by_job] == [sealed[:2], ("Ready", "Cancelled")]
    assert by_job[-1][2] == "OdooBot" != by_button[-1][2], "The job leaves the trace that the button leaves."
    assert database.query(TRACKED, "Gamma") == [sealed, ("Ready", "Sent", "OdooBot")]
