"""What the tests stand on: the SMTP server that keeps messages, the reading of Odoo's log."""

import doctest
import importlib
import smtplib

import pytest

from dev import odoo_log
from dev.smtp import HOST, Sink


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


@pytest.mark.parametrize("name", ["dev.odoo_log", "dev.test"])
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
