"""A process killed between the server's answer and the commit: the e-mail comes again as the same message."""

import pytest
from test_concurrency import COMPANY

from dev.scripts import ScriptError

QUEUE = """
env["ir.mail_server"].create({"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": values["port"]})
env["relance.run"]._cron_escalate()
env["relance.run"]._cron_dispatch()
env.cr.commit()
notices = env["relance.notice"].search([("state", "=", "sent")])
result = {"states": notices.mapped("delivery_state"), "ids": notices.mail_id.mapped("message_id")}
"""
KILLED = """
import os

from odoo.addons.base.models.ir_mail_server import IrMail_Server

send_email = IrMail_Server.send_email


def send_then_die(self, *args, **kwargs):
    send_email(self, *args, **kwargs)
    os._exit(9)


IrMail_Server.send_email = send_then_die
env["mail.mail"].process_email_queue()
"""
AGAIN = """
env["mail.mail"].process_email_queue()
env.cr.commit()
notices = env["relance.notice"].search([("state", "=", "sent")])
result = {"states": notices.mapped("delivery_state"), "ids": notices.mail_id.mapped("message_id")}
"""


@pytest.fixture
def database(charted_database):
    """Return a fresh database whose company has its chart."""
    return charted_database


def test_same_message_id_after_a_kill(database, smtp):
    database.script(COMPANY, count=2, automatic=True)
    queued = database.script(QUEUE, port=smtp.port)
    assert queued["states"] == ["queued", "queued"]
    with pytest.raises(ScriptError):
        database.script(KILLED, check_log=False)
    [first] = smtp.wait(1)
    sent = database.script(AGAIN)
    messages = smtp.wait(3)
    assert sent["states"] == ["sent", "sent"]
    assert sent["ids"] == queued["ids"], "committed with the queued e-mail, never made anew"
    assert sorted({message["Message-ID"] for message in messages}) == sorted(queued["ids"])
    assert [message["Message-ID"] for message in messages].count(first["Message-ID"]) == 2
    assert len({message["To"] for message in messages}) == 2


def test_server_that_hangs_up_after_the_message(database, tmp_path):
    """The answer never comes: the e-mail leaves again, one message for the mailbox, and the others leave too."""
    from dev.smtp import Sink

    with Sink(tmp_path / "mail") as sink:
        database.script(COMPANY, count=3, automatic=True)
        queued = database.script(QUEUE, port=sink.port)
        hang_up = """
import smtplib

from odoo.addons.base.models.ir_mail_server import IrMail_Server

send_email, calls = IrMail_Server.send_email, []


def hang_up_once(self, *args, **kwargs):
    sent = send_email(self, *args, **kwargs)
    calls.append(sent)
    if len(calls) == 1:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    return sent


IrMail_Server.send_email = hang_up_once
env["mail.mail"].process_email_queue()
env.cr.commit()
env["mail.mail"].process_email_queue()
env.cr.commit()
notices = env["relance.notice"].search([])
result = {"states": notices.mapped("delivery_state"), "notices": notices.mapped("state")}
"""
        found = database.script(hang_up, check_log=False)
        assert found == {"states": ["sent"] * 3, "notices": ["sent"] * 3}
        messages = sink.wait(4)
        assert sorted({message["Message-ID"] for message in messages}) == sorted(queued["ids"])
