"""What a debtor may call for, a row a kind: what the work list shows, in which colour, and how much it weighs.

A reason of the decision may ask for one of them (``tools/reasons.py``); an addon adds its own in
``res.company._relance_get_works``.
"""

from typing import NamedTuple

from odoo.tools.translate import LazyGettext, LazyTranslate

_lt = LazyTranslate(__name__)


class Work(NamedTuple):
    """A kind of work about a debtor.

    ``label`` is what is to be done, as the next action; ``text`` tells why in a few words, with ``%s`` for its day
    when it is ``dated`` (``short``: day and month; ``long``: the whole date), ``undated`` in its place without a day.
    ``points`` (of 50) is its weight in the priority of the debtor; of equal weights the first row comes first.
    ``tone`` is its colour in Bootstrap's words. ``counted``: the list says how many there are.
    """

    code: str
    label: LazyGettext
    points: int
    text: LazyGettext
    tone: str = "secondary"
    dated: str = ""
    undated: LazyGettext | None = None
    counted: bool = True


#: The first of equal weight comes first.
WORKS = (
    Work(
        "insolvency",
        _lt("Declare the claim"),
        50,
        _lt("Claim to declare by %s"),
        tone="danger",
        dated="short",
        undated=_lt("Claim to declare"),
    ),
    Work(
        "limitation",
        _lt("Stop the limitation period"),
        45,
        _lt("Claim lapses on %s"),
        tone="danger",
        dated="long",
    ),
    Work("reply", _lt("Read the reply"), 45, _lt("Reply received"), tone="info"),
    Work("answer", _lt("Examine the answer"), 45, _lt("Answered on the portal"), tone="info"),
    Work("approve", _lt("Approve"), 40, _lt("Notice to approve"), tone="warning"),
    Work(
        "broken",
        _lt("Follow up the broken promise"),
        40,
        _lt("Promise broken since %s"),
        tone="danger",
        dated="short",
    ),
    Work("address", _lt("Correct the address"), 35, _lt("Address to correct"), tone="danger"),
    Work("failed", _lt("Send again"), 35, _lt("Notice not sent"), tone="danger"),
    Work("post", _lt("Post the letter"), 35, _lt("Letter to post"), tone="warning"),
    Work("dispute", _lt("Answer the dispute"), 35, _lt("Disputed since %s"), tone="warning", dated="short"),
    Work("call", _lt("Call the debtor"), 30, _lt("Call planned for %s"), tone="warning", dated="short"),
    Work("decide", _lt("Decide what comes next"), 30, _lt("After the last level"), tone="warning"),
    Work("collect", _lt("Collect the direct debit"), 30, _lt("Direct debit to collect"), counted=False),
    Work("promise", _lt("Check the promise"), 25, _lt("Payment promised for %s"), tone="warning", dated="short"),
    Work("hold", _lt("Review the hold"), 25, _lt("On hold since %s"), tone="warning", dated="long"),
    Work("payment", _lt("Ask about the payment"), 25, _lt("Payment in process since %s"), tone="warning", dated="long"),
    Work("stuck", _lt("See why it waits"), 25, _lt("Notice waiting since %s"), tone="warning", dated="short"),
    Work("sign", _lt("Have the plan signed"), 20, _lt("Plan to be signed since %s"), tone="warning", dated="short"),
    Work("alert", _lt("Look at the alert"), 25, _lt("Alert"), tone="warning"),
    Work("send", _lt("Send a reminder"), 20, _lt("Reminder due"), counted=False),
    Work("receipt", _lt("Match the receipt"), 30, _lt("Receipt to be matched"), tone="warning", counted=False),
    Work("discount", _lt("Book the discount"), 10, _lt("Discount taken in time"), counted=False),
    Work("credit", _lt("Match the credit"), 15, _lt("Covered by a credit"), counted=False),
    Work("calendar", _lt("Choose a calendar"), 15, _lt("No calendar"), counted=False),
    Work("assign", _lt("Assign a person"), 5, _lt("Nobody in charge")),
)
