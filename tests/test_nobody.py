"""Test mode against a real mail server: what reaches it is for the test address, until the address is emptied."""

from test_concurrency import COMPANY
from test_message_id import QUEUE

TESTING = """
env.company.relance_test_email = "essai@example.com"
env.cr.commit()
notice = env["relance.notice"].search([("state", "=", "sent")], limit=1)
partner = notice.partner_id
composer = env["mail.compose.message"].with_context(
    default_model="relance.notice", default_res_ids=notice.ids, default_partner_ids=partner.ids
).create({"subject": "Votre dossier", "body": "<p>Bonjour</p>"})
composer._action_send_mail()
env.cr.commit()
env["mail.mail"].process_email_queue()
# A person presses "send" on what waits.
notice.mail_id.send()
env.cr.commit()
result = {
    "partner": partner.email,
    "states": notice.search([("state", "=", "sent")]).mapped("delivery_state"),
    "mails": notice.search([("state", "=", "sent")]).mail_id.mapped("state"),
}
"""
FOR_GOOD = """
env.company.relance_test_email = False
env.cr.commit()
env["mail.mail"].process_email_queue()
env.cr.commit()
result = env["relance.notice"].search([("state", "=", "sent")]).mapped("delivery_state")
"""


def test_nothing_reaches_a_customer(database, smtp):
    database.script(COMPANY, count=2, automatic=True)
    queued = database.script(QUEUE, port=smtp.port)
    assert queued["states"] == ["queued", "queued"]
    tested = database.script(TESTING)
    [message] = smtp.wait(1)
    assert (message["X-Envelope-To"], message["To"], message["Cc"]) == ("essai@example.com", "essai@example.com", None)
    assert tested["partner"] in message["Subject"]
    assert (tested["states"], tested["mails"]) == (["queued", "queued"], ["outgoing", "outgoing"])
    assert database.script(FOR_GOOD) == ["sent", "sent"]
    _test, *left = smtp.wait(3)
    assert {message["X-Envelope-To"] for message in left} == {"c0@example.com", "c1@example.com"}
    assert sorted(message["Message-ID"] for message in left) == sorted(queued["ids"])
