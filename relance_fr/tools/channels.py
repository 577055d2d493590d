"""What is told of a notice by its channel and its kind: what is on paper, what is harsher, which letter is to post."""

from odoo.fields import Domain
from odoo.tools import SQL

from ..law.mentions import KINDS

OPEN_STATES = ("draft", "to_approve", "ready")
#: What goes into an envelope.
PAPER = ("letter", "registered")
#: By weight of proof, the best first.
BY_PROOF = ("registered", "letter", "email", "call")
#: The kinds of notices, from the mildest to the harshest. ``law.mentions`` says which claim and which are formal.
SEVERITY = KINDS
#: What comes after the due date.
REMINDER_KINDS = SEVERITY[1:]
#: The dates of a letter, in the order it goes through them. One of them tells that it left.
DELIVERY_DATES = ("posted_date", "presented_date", "received_date", "returned_date")
# A provider posts it, or is about to take it.
_HANDED_OVER = ("to_submit", "submitted")

#: The notices whose letter a person has to post; in SQL, ``sql_to_post``.
TO_POST = (
    Domain("state", "=", "sent")
    & Domain("taken_over", "=", False)
    & Domain("channel", "in", PAPER)
    & Domain.AND(Domain(name, "=", False) for name in DELIVERY_DATES)
    & Domain("provider_state", "not in", _HANDED_OVER)
)


def sql_to_post(notice):
    """Return the condition: the letter of ``notice`` (alias of a relance_notice) is to be posted by a person."""
    return SQL(
        "%(state)s = 'sent' AND %(channel)s IN %(paper)s AND %(unposted)s"
        " AND NOT %(handed_over)s AND %(taken_over)s IS NOT TRUE",
        state=SQL.identifier(notice, "state"),
        channel=SQL.identifier(notice, "channel"),
        paper=PAPER,
        unposted=sql_unposted(notice),
        handed_over=sql_handed_over(notice),
        taken_over=SQL.identifier(notice, "taken_over"),
    )


def sql_handed_over(notice):
    """Return the condition: a provider posts the letter of ``notice`` (alias), or is about to take it."""
    return SQL("COALESCE(%s, '') IN %s", SQL.identifier(notice, "provider_state"), _HANDED_OVER)


def sql_unposted(notice):
    """Return the condition: nothing tells that the letter of ``notice`` (alias of a relance_notice) left."""
    return SQL("COALESCE(%s) IS NULL", SQL(", ").join(SQL.identifier(notice, name) for name in DELIVERY_DATES))


def sql_lettered(channel, with_letter):
    """Return the condition: a PDF letter is made, to be posted or to go with the e-mail."""
    return SQL("(%s IN %s OR %s)", channel, PAPER, with_letter)


def sql_severity(kind):
    """Return the place of a kind in the escalation, the mildest first."""
    return SQL("array_position(%s::varchar[], %s)", list(SEVERITY), kind)


def sql_addresses(column):
    """Return the array of the bare addresses, in small letters, in a ``column`` such as '"Doe" <d@example.com>'."""
    return SQL("regexp_split_to_array(lower(COALESCE(%s, '')), '[\\s,;<>\"]+')", column)
