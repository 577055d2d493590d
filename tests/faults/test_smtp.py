"""Mail servers that refuse, put off, hang up: nobody is written to twice, everybody is in the end."""

import re
from collections import Counter

import pytest

from dev.smtp import Sink
from faults import checks
from faults.sizes import FEW

#: How often the jobs are run anew until nothing is left: days of an accountant's life.
_DAYS = 4
_FAILURES = """
    SELECT notice.email_to, notice.state, COALESCE(notice.failure_reason, notice.delivery_error), mail.state,
           mail.failure_reason
      FROM relance_notice notice LEFT JOIN mail_mail mail ON mail.id = notice.mail_id
     WHERE notice.state <> 'sent' OR mail.state <> 'sent'
"""
#: Failed reminders whose level has not come again yet.
_UNDONE = """
    SELECT notice.id FROM relance_notice notice WHERE notice.state = 'failed' AND NOT EXISTS (
        SELECT FROM relance_notice later WHERE later.partner_id = notice.partner_id AND later.id > notice.id)
"""
#: Everyday traces of the program are no reason a person understands.
_UNREADABLE = re.compile(r"Traceback|0x[0-9a-f]{6}|<class ")


def test_server_that_refuses_connections(debtors, jobs, tmp_path, figures):
    database = debtors(FEW)
    # Nobody listens there yet.
    sink = Sink(tmp_path / "mail")
    _run(jobs, database, sink)
    _assert_readable(database)
    with sink:
        done = _run_until_done(jobs, database, sink)
        _assert_once(database, sink, FEW, done)
    figures.append({"fault": "mail server down, then up", "notices": FEW, "came twice": 0})


def test_server_that_puts_everybody_off(debtors, jobs, tmp_path, figures):
    """Greylisting: ``451`` the first time, accepted later."""
    database = debtors(FEW)
    with Sink(tmp_path / "mail", greylist=1) as sink:
        _run(jobs, database, sink)
        assert len(sink.delayed) == FEW
        _assert_readable(database)
        done = _run_until_done(jobs, database, sink)
        _assert_once(database, sink, FEW, done)
    figures.append({"fault": "greylisting (451 first)", "notices": FEW, "came twice": 0})


def test_server_that_hangs_up_in_the_middle_of_messages(debtors, jobs, tmp_path, figures):
    """What was cut off may have arrived for all one knows: it goes again under its own name, nothing new is made."""
    database = debtors(FEW)
    with Sink(tmp_path / "mail", drop=2) as sink:
        _run(jobs, database, sink)
        _assert_readable(database)
        done = _run_until_done(jobs, database, sink)
        assert len(sink.dropped) == 2
        assert checks.outcome(database, sink, FEW, done) == 0
    figures.append({"fault": "connection cut in 2 messages", "notices": FEW, "came twice": 0})


@pytest.mark.whole
def test_message_that_always_cuts_the_connection(debtors, jobs, tmp_path):
    """It fails after three times, with the reason, and holds nobody else up: the formal notice is in the post."""
    database = debtors(FEW)
    with Sink(tmp_path / "mail", drop=3) as sink:
        done = _run_until_done(jobs, database, sink)
        [poison] = set(sink.dropped)
        [row] = database.query(_FAILURES)
        assert row[0] == poison and row[3] == "exception" and "hung up" in row[2]
        _assert_once(database, sink, FEW, done)


def test_server_that_refuses_one_address(debtors, jobs, tmp_path, figures):
    """A formal notice is in the post all the same; a reminder by e-mail alone failed, and nobody insists."""
    database = debtors(FEW)
    reminded, formal = _addresses(database)
    with Sink(tmp_path / "mail", refuse={reminded, formal}) as sink:
        done = _run_until_done(jobs, database, sink)
        assert Counter(sink.refused) == {reminded: 1, formal: 1}
        assert len(checks.to_debtors(sink)) == FEW - 2
    rows = database.query(
        """
        SELECT email_to, state, address_refused, channel, failure_reason FROM relance_notice
         WHERE email_to IN (%s, %s) ORDER BY state
        """,
        reminded,
        formal,
    )
    assert [row[:4] for row in rows] == [(reminded, "failed", True, "email"), (formal, "sent", True, "registered")]
    assert "no such mailbox" in rows[0][4] and not _UNREADABLE.search(rows[0][4])
    # The reminder is printed instead: the address is not used again.
    again = "SELECT channel, state, email_to FROM relance_notice WHERE partner_id = %s ORDER BY id"
    [(debtor,)] = database.query("SELECT partner_id FROM relance_notice WHERE email_to = %s", reminded)
    assert database.query(again, debtor)[1:] in ([], [("letter", "sent", None)])
    checks.register(done, _sealed(database))
    figures.append({"fault": "two addresses refused (550)", "notices": FEW, "came twice": 0})


def _addresses(database):
    """Return the address of a debtor who gets a reminder and of one who gets a formal notice."""
    rows = database.query("SELECT email FROM res_partner WHERE name LIKE 'Client %%' ORDER BY id LIMIT 2")
    return rows[1][0], rows[0][0]


def _run(jobs, database, sink):
    """Run every job once."""
    return jobs(database, sink, rounds=1).finish()


def _run_until_done(jobs, database, sink):
    """Run the jobs until everything left, a few days at most; return what the last run said."""
    for _day in range(_DAYS):
        done = jobs(database, sink).finish()
        if not done["left"] and not database.query(_UNDONE):
            break
    return done


def _assert_readable(database):
    """Assert that whatever did not leave says why, in words."""
    for address, state, reason, mail_state, mail_reason in database.query(_FAILURES):
        said = reason or mail_reason
        waiting = state in ("draft", "ready") or mail_state == "outgoing"
        assert said or waiting, f"{address} is {state}, its e-mail {mail_state}, without a reason"
        assert not said or not _UNREADABLE.search(said), said
        assert state == "failed" or mail_state != "exception" or "registered" in _channel(database, address), (
            f"{address} is {state} though its e-mail failed: {mail_reason}"
        )


def _channel(database, address):
    return {row[0] for row in database.query("SELECT channel FROM relance_notice WHERE email_to = %s", address)}


def _sealed(database):
    return database.query("SELECT count(*) FROM relance_notice WHERE seal IS NOT NULL")[0][0]


def _assert_once(database, sink, count, done):
    """Assert that each debtor had one e-mail that arrived, and each instalment one line that was sent."""
    came = Counter(message["X-Envelope-To"] for message in checks.to_debtors(sink))
    missing = {row[0] for row in database.query("SELECT DISTINCT email_to FROM relance_notice")} - came.keys()
    letters = [address for address in missing if "registered" in _channel(database, address)]
    assert len(came) + len(letters) == count, (len(came), missing)
    assert set(came.values()) == {1}, came.most_common(3)
    rows = database.query("SELECT line_id FROM relance_notice_line WHERE state = 'sent'")
    assert len(rows) == len({row[0] for row in rows}) == count
    checks.numbers(database, _sealed(database))
    checks.register(done, _sealed(database))
