"""Why an instalment is dunned or not: all that is known of a reason, a row a reason.

The decision gives the code of a reason (the conditions, in their order, are in its statement); everything else reads
this table: the sentence that explains, the summary of a campaign, the work list, the state of an invoice, the portal.
An addon adds its own row in ``relance.decision._get_reason_table`` and its condition in ``_get_reason_conditions``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from odoo.tools.translate import LazyGettext, LazyTranslate

from .work import WORKS, Work

_lt = LazyTranslate(__name__)
_WORK = {work.code: work for work in WORKS}

#: Which instalment of an invoice speaks for it: the one to send, else the one that waits, else the one stopped.
OUTCOMES = ("send", "wait", "skip")


class Reason(NamedTuple):
    """A reason of the decision.

    ``outcome`` is ``send`` (only ``due`` sends), ``wait`` (the level comes later by itself) or ``skip``. ``label`` is
    short, for lists and summaries; ``sentence`` explains, and may name ``%(level)s`` and ``%(date)s`` of the next
    level (``%(level_within)s``, ``%(weekday)s``: the same within a sentence, with its weekday). ``details`` are
    sentences of its cases: the decision writes ``reason:case``.
    """

    code: str
    outcome: str
    label: LazyGettext
    sentence: LazyGettext
    details: Mapping = MappingProxyType({})
    #: Of a reason that an addon adds: the reason it is tested before. The most lasting come first.
    before: str = "excluded"
    #: What it asks of a person, in the work list, once something is overdue.
    work: Work | None = None
    #: It speaks of a level to come: a broken promise that called for it is told beside.
    names_level: bool = False
    #: The invoice is shown as on hold.
    holds: bool = False
    #: The debtor disputes what is owed, or it is suspended: the account counts it apart.
    disputes: bool = False
    #: A promise or a plan covers it: its payments to come are recalled to the debtor,
    promises: bool = False
    #: unless another instalment has a reason that silences everything.
    silences: bool = False
    #: A draft goes on claiming it; at a level that a person chose.
    stays: bool = False
    stays_if_chosen: bool = False
    #: One that a person made goes on claiming it, as far as nothing has come since.
    stays_by_hand: bool = False
    #: A letter that was dispatched and not posted yet is kept back.
    stops_letter: bool = False
    #: The debtor may know of it: the portal shows it; ``asked``: and asks to pay now all the same.
    told: bool = False
    asked: bool = True


#: In the order of lists and summaries.
REASONS = (
    Reason(
        "due",
        "send",
        _lt("Due"),
        _lt("%(level)s is due since %(date)s."),
        work=_WORK["send"],
        names_level=True,
        stays=True,
        stays_if_chosen=True,
    ),
    Reason("not_posted", "skip", _lt("Not posted"), _lt("The invoice is not posted.")),
    Reason(
        "not_invoice",
        "skip",
        _lt("Not an invoice"),
        _lt(
            "Only customer invoices are dunned, not credit notes, entries or sales receipts. If a receipt is still "
            "owed, make an invoice of it."
        ),
    ),
    Reason("paid", "skip", _lt("Paid"), _lt("The invoice is settled.")),
    Reason(
        "not_due", "wait", _lt("Not due yet"), _lt("Not due yet. Next step: %(level)s on %(date)s, if nothing is paid.")
    ),
    Reason(
        "too_early",
        "wait",
        _lt("Too early for the next level"),
        _lt("Next step: %(level_within)s on %(weekday)s, if nothing is paid."),
        details={"entered": _lt("%(level)s waits: the invoice was entered today, its due date already past.")},
        names_level=True,
        stays_if_chosen=True,
    ),
    Reason(
        "too_recent",
        "wait",
        _lt("Debtor contacted recently"),
        _lt("%(level)s waits: the debtor was contacted a few days ago."),
        details={
            "lapsed": _lt(
                "%(level)s lapsed because nobody approved it in time; it comes again after the days between two "
                "notices."
            ),
            "cancelled": _lt(
                "%(level)s waits: its notice was cancelled, and the daily job makes no other one before the day that "
                "was chosen."
            ),
        },
        names_level=True,
        stays=True,
        stays_if_chosen=True,
    ),
    Reason(
        "below_minimum",
        "skip",
        _lt("Below the minimum amount"),
        _lt("What the debtor owes is below the minimum amount of %(level)s."),
        details={
            "company": _lt("What the debtor owes is below the least sum to remind of, see the settings."),
            "paper": _lt("What the debtor owes is below the least sum for a letter, see the settings."),
        },
        stays_if_chosen=True,
    ),
    Reason(
        "no_calendar",
        "skip",
        _lt("No calendar"),
        _lt("No escalation calendar: choose one on the customer or in the settings."),
        work=_WORK["calendar"],
    ),
    Reason(
        "excluded",
        "skip",
        _lt("Excluded from dunning"),
        _lt("The customer or the invoice is excluded from dunning."),
        silences=True,
        stops_letter=True,
    ),
    Reason(
        "disputed",
        "skip",
        _lt("Disputed"),
        _lt("The debtor disputes it."),
        holds=True,
        disputes=True,
        silences=True,
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "held",
        "skip",
        _lt("On hold"),
        _lt("Dunning is on hold."),
        details={
            "start": _lt(
                "It fell due before dunning went live: the daily job leaves it alone. Take its level over (in the list "
                "of invoices), or send the first reminder by hand."
            ),
            "group": _lt(
                "The customer is one of your companies: the daily job leaves it alone. Settle it between the "
                "companies, or send a reminder by hand."
            ),
            "not_live": _lt("%(level)s waits: the daily job sends nothing before dunning goes live."),
        },
        holds=True,
        disputes=True,
        silences=True,
        stops_letter=True,
    ),
    Reason(
        "promised",
        "wait",
        _lt("Payment promised"),
        _lt("The debtor promised to pay."),
        holds=True,
        promises=True,
        stops_letter=True,
        told=True,
    ),
    Reason(
        "direct_debit",
        "wait",
        _lt("Direct debit"),
        _lt(
            "You collect it by direct debit: nobody is asked to pay. Once the debit is rejected, say on the invoice "
            "that the customer pays."
        ),
        work=_WORK["collect"],
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "on_plan",
        "wait",
        _lt("On a payment plan"),
        _lt("The debtor follows a payment plan."),
        holds=True,
        promises=True,
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "insolvent",
        "skip",
        _lt("Insolvent debtor"),
        _lt("The debtor is insolvent: declare the claim instead."),
        holds=True,
        silences=True,
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "payment_in_progress",
        "wait",
        _lt("Payment in progress"),
        _lt("A payment is in progress."),
        details={
            "discount": _lt(
                "A payment is in progress; the early payment discount was taken in time: nothing is left to pay."
            ),
        },
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "covered_by_credit",
        "skip",
        _lt("Covered by credits"),
        _lt("The debtor's unmatched payments and credit notes cover it: match them."),
        stops_letter=True,
    ),
    Reason(
        "discount_taken",
        "skip",
        _lt("Discount taken in time"),
        _lt("The early payment discount was taken in time: book it, nothing is left to pay."),
        work=_WORK["discount"],
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "receipt_to_match",
        "wait",
        _lt("Receipt to be matched"),
        _lt("A receipt that is not matched yet may have paid it: match it. Dunning waits some days."),
        details={
            "amount": _lt("Receipt of %(amount)s to be matched: it may have paid this. Dunning waits some days."),
        },
        stays_by_hand=True,
        stops_letter=True,
        told=True,
        asked=False,
    ),
    Reason(
        "bank_not_up_to_date",
        "wait",
        _lt("Bank not up to date"),
        _lt("%(level)s waits until the bank statements are up to date."),
        names_level=True,
    ),
    Reason(
        "not_ready",
        "wait",
        _lt("Company not ready"),
        _lt("%(level)s waits until the company is complete: see First Steps in the configuration."),
        details={
            "siren": _lt("%(level)s waits: the company has no SIREN or SIRET yet."),
            "mentions": _lt("%(level)s waits: the company has no legal mentions yet."),
            "address": _lt("%(level)s waits: the address of the company is not complete."),
            "signatory": _lt("%(level)s waits: nobody is there to sign it."),
            "iban": _lt("%(level)s waits: the company has no bank account to pay to."),
            "email": _lt("%(level)s waits: the company has no email address to write from."),
        },
        names_level=True,
    ),
    Reason(
        "awaiting_approval",
        "wait",
        _lt("Awaiting approval"),
        _lt("A notice waits for a person: approve it, or enter when its letter was posted."),
        names_level=True,
    ),
    Reason(
        "no_address",
        "skip",
        _lt("No address"),
        _lt("Neither an email nor a postal address: complete the customer's dunning address."),
        work=_WORK["address"],
        stays=True,
        stays_if_chosen=True,
    ),
    Reason(
        "already_drafted",
        "wait",
        _lt("Already in a notice"),
        _lt("A notice that holds it is about to be sent."),
        details={"stuck": _lt("A notice that holds it cannot leave yet: open it, it says what to mend.")},
        names_level=True,
    ),
    Reason(
        "last_level_reached",
        "skip",
        _lt("Last level reached"),
        _lt("The last level of the calendar was sent: decide what comes next."),
        work=_WORK["decide"],
    ),
)
