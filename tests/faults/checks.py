"""What must hold once everything is done, whatever happened on the way: read from the database and the mailbox."""

import hashlib
import json
from collections import Counter, defaultdict

MANAGER = "compta@atelier.example.com"

_NOTICES = """
    SELECT notice.id, notice.name, notice.state, notice.partner_id, notice.email_to, notice.seal_payload,
           notice.attachment_id
      FROM relance_notice notice WHERE notice.company_id = 1 ORDER BY notice.id
"""
_PROGRESS = """
    SELECT move.name FROM account_move move
 LEFT JOIN relance_notice_line fact ON fact.move_id = move.id AND fact.state = 'sent'
     WHERE move.move_type = 'out_invoice'
       AND (move.relance_level_id IS DISTINCT FROM fact.level_id OR move.relance_last_date IS DISTINCT FROM fact.date
            OR move.relance_next_level_id IS NOT NULL OR move.relance_next_date IS NOT NULL)
"""


def outcome(database, sink, count, done, in_flight=0):
    """Assert that ``count`` debtors were dunned once each, and return what came twice with the same Message-ID.

    :param done: what the last run of the jobs returned
    :param in_flight: how many e-mails may have come twice: those that were on their way at a kill
    :return: number of e-mails that came again
    """
    notices = database.query(_NOTICES)
    assert Counter(state for _id, _name, state, *_rest in notices) == {"sent": count}
    assert len({partner for _id, _name, _state, partner, *_rest in notices}) == count
    numbers(database, count)
    lines(database, count)
    register(done, count)
    again = emails(sink, {notice[4]: notice for notice in notices})
    assert again <= in_flight, f"{again} e-mails came again, {in_flight} were on their way"
    assert database.query("SELECT count(*) FROM mail_mail WHERE state NOT IN ('sent', 'cancel')") == [(0,)]
    return again


def numbers(database, count):
    """Assert that the register gave the numbers 1 to ``count``, each once."""
    rows = database.query("SELECT name FROM relance_notice WHERE name <> '/' AND company_id = 1 ORDER BY name")
    assert [int(name.rpartition("/")[2]) for (name,) in rows] == list(range(1, count + 1))


def lines(database, count):
    """Assert that each instalment was claimed once, and that the invoices say so."""
    rows = database.query("SELECT line_id, state FROM relance_notice_line WHERE company_id = 1")
    assert Counter(state for _line, state in rows) == {"sent": count}
    assert len({line for line, _state in rows}) == count
    assert database.query(_PROGRESS) == []


def register(done, count):
    """Assert that nothing is left to do and that the chain holds, by the product's own verification."""
    assert done == {"left": 0, "register": {"valid": True, "checked": count, "broken": False, "reason": False}}


def emails(sink, notices):
    """Assert that each debtor got his e-mail with his letter; return how many came again.

    :param notices: rows of the register by address
    """
    by_address = defaultdict(list)
    for message in to_debtors(sink):
        by_address[message["X-Envelope-To"]].append(message)
    assert by_address.keys() == notices.keys()
    identities = {address: {message["Message-Id"] for message in came} for address, came in by_address.items()}
    assert {address: ids for address, ids in identities.items() if len(ids) != 1} == {}
    assert len({identity for ids in identities.values() for identity in ids}) == len(notices)
    for address, came in by_address.items():
        sealed = json.loads(notices[address][5])["letter"]
        for message in came:
            files = [part.get_content() for part in message.iter_attachments()]
            digests = [hashlib.sha256(content).hexdigest() for content in files]
            assert digests == ([sealed] if sealed else []), address
            assert all(content.startswith(b"%PDF") for content in files), address
    return sum(len(came) - 1 for came in by_address.values())


def to_debtors(sink):
    """Return the messages but those Odoo sends its own users: a new device, something to do."""
    return [message for message in sink.messages() if message["X-Envelope-To"] != MANAGER]


def states(database):
    """Return how many notices are in each state."""
    return dict(database.query("SELECT state, count(*) FROM relance_notice GROUP BY 1"))
