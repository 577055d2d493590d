"""Online payments, where core's module of them is installed: what a customer has authorised is not asked for."""

from support.company import READY

PAY = (
    READY
    + """
from datetime import timedelta

today = env.company._relance_today()
partner = env["res.partner"].create(
    {"name": "Menuiserie Lefèvre", "is_company": True, "email": "client@example.com",
     "street": "12 rue des Érables", "zip": "69003", "city": "Lyon", "country_id": env.ref("base.fr").id}
)
invoice = env["account.move"].create(
    {"move_type": "out_invoice", "partner_id": partner.id,
     "invoice_date": today - timedelta(days=60), "invoice_date_due": today - timedelta(days=20),
     "invoice_payment_term_id": False,
     "invoice_line_ids": [(0, 0, {"name": "Travaux", "quantity": 1, "price_unit": 100, "tax_ids": False})]}
)
invoice.action_post()
env.cr.execute("UPDATE account_move SET relance_entered_on = invoice_date")
invoice.invalidate_recordset(["relance_entered_on"])
provider = env["payment.provider"].create({"name": "Carte", "code": "none", "state": "test"})
method = env["payment.method"].with_context(active_test=False).search([], limit=1)
reasons = [invoice.relance_explain()["reason"]]
transaction = env["payment.transaction"].create(
    {"provider_id": provider.id, "payment_method_id": method.id, "reference": "T1", "amount": 100,
     "currency_id": env.company.currency_id.id, "partner_id": partner.id, "invoice_ids": [(6, 0, invoice.ids)],
     "operation": "online_direct"}
)
for state in ("pending", "authorized", "cancel"):
    # As a provider sets it that authorises first.
    env.cr.execute("UPDATE payment_transaction SET state = %s, last_state_change = now()", [state])
    reasons.append(invoice.relance_explain()["reason"])
result = reasons
"""
)


def test_what_is_authorised_is_held_back(database):
    database.odoo("-i", "account_payment")
    assert database.script(PAY) == ["due", "due", "receipt_to_match", "due"]
