"""What ledger, claim and decision are asked about: one frozen value, passed down as it is."""

from datetime import date
from enum import Enum
from typing import NamedTuple


class Reading(NamedTuple):
    """How the books of a company are read: of which day, of which debtors, and what is taken for a fact.

    ``Reading(company, day)`` is the usual one: the ledger as it is, of which only what is dated by that day counts.
    The decision of the daily job adds ``automatic``. Who reads otherwise (a check under lock, a simulation) says so
    here and nowhere else: no context key, no override. ``_replace`` makes a narrower one of it.
    """

    #: ``res.company``
    company: object
    #: Payments, credit notes, holds, promises and notices dated later do not count.
    as_of: date
    #: Ids of the debtors (commercial partners) looked at; None for all.
    partner_ids: list | tuple | set | None = None
    #: The ledger as it stood on the evening of that day, whatever was matched since; None: as it stands now.
    ledger_day: date | None = None
    #: First and last of the days to come on which debtors are taken to pay as late as they do on average; None: nobody
    #: pays but what is entered.
    usual_days: tuple[date, date] | None = None
    #: Id of the calendar that all debtors follow; None: each its own.
    calendar_id: int | None = None
    #: As the daily job decides: it waits for its start, the bank and the readiness of the company; a person does not.
    automatic: bool = False
    #: A person chose these invoices, and is warned of it: what a receipt may have paid is asked for all the same.
    by_hand: bool = False
    #: As if the notices not sent yet did not exist: what they claim is decided again.
    again: bool = False
    #: The receipts are taken to be known, how late the bank statements may be.
    bank_known: bool = False
    #: The company is taken to lack nothing that its letters must say.
    company_ready: bool = False
    #: Interest that a plan waives is not claimed; False: it is, as if nothing had been waived.
    waivers: bool = True


class Purpose(Enum):
    """What a claim is computed for, and so what it asks for."""

    #: All that is owed, what the debtor disputes included.
    STATEMENT = "statement"
    #: The same without the parts disputed or suspended, as if they had never been owed.
    UNDISPUTED = "undisputed"
    #: A notice: like undisputed; nor is asked for what a matched payment of a day to come will pay.
    NOTICE = "notice"
    #: A claim in insolvency proceedings, whenever it was invoiced: credit notes made since the judgment lower it from
    #: the start, what was declared too much would not be sincere (C. com. L622-25).
    DECLARATION = "declaration"
