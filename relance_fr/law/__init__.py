"""French late-payment law in plain Python: dates, principals and rates in, amounts out.

- periods: the semesters that rates are fixed for
- rates: the table of published rates; a missing one is an error that names its semester
- regimes: which annual rate a business, a public body or a consumer owes, and the floor of a clause
- timeline: those rates laid out semester by semester
- accrual: interest of one instalment, in segments that add up; fixed compensation of an invoice
- currencies: sums set in euros, in CFP francs
- imputation: what money pays, each credit set once against the debts
- payment_terms: legal maximum payment terms
- due_dates: which of them an invoice must respect
- holidays: public holidays, on which no reminder leaves
- delays: how procedural delays are counted, and the working days around their end
- limitation: last day to bring a claim
- mentions: what each letter quotes
- consequences: what the regime of a debtor changes, for a screen

No import from outside the standard library (but `holidays`, in the module of that name), no input or output.
Amounts and percents are Decimal, days are
datetime.date. The examples in the docstrings are the specification and are run as tests.
"""

from .accrual import Accrual, Segment, accrue, indemnity
from .consequences import Consequences, consequences_of, rate_on
from .due_dates import Agreement, check_due_date, public_payable_until
from .limitation import Limitation, limitation_date, limitation_kind, limitation_of
from .mentions import Mention, required, required_on_invoice
from .payment_terms import Verdict, check, check_business, latest_due_date
from .periods import Semester
from .rates import MissingRateError, RateTable, SemesterRates
from .regimes import STATUTORY, AppliedRate, Terms, annual_rate, check_floor, owes_indemnity

__all__ = [
    "STATUTORY",
    "Accrual",
    "Agreement",
    "AppliedRate",
    "Consequences",
    "Limitation",
    "Mention",
    "MissingRateError",
    "RateTable",
    "Segment",
    "Semester",
    "SemesterRates",
    "Terms",
    "Verdict",
    "accrue",
    "annual_rate",
    "check",
    "check_business",
    "check_due_date",
    "check_floor",
    "consequences_of",
    "indemnity",
    "latest_due_date",
    "limitation_date",
    "limitation_kind",
    "limitation_of",
    "owes_indemnity",
    "public_payable_until",
    "rate_on",
    "required",
    "required_on_invoice",
]
