"""Whether the due date of an invoice is one the law allows its debtor."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from .payment_terms import PUBLIC_RULES, Verdict, check, check_business
from .regimes import REGIMES


class Agreement(NamedTuple):
    """What was agreed about the due date of an invoice.

    - `regime`: one of REGIMES;
    - `public_rule`: a value of PUBLIC_RULES, which kind of public body the debtor is;
    - `sector`, `periodic`, `end_of_month`: as in `check_business`.
    """

    regime: str = "business"
    public_rule: str = "public_30"
    sector: str | None = None
    periodic: bool = False
    end_of_month: str | None = None


def check_due_date(
    invoice_date: date,
    due_date: date,
    agreement: Agreement,
    delivery_date: date | None = None,
    receipt_date: date | None = None,
) -> Verdict | None:
    """Return whether `due_date` is lawful, None where no rule limits it (a consumer).

    An express clause of 45 days end of month adds to the 60 days of the general rule: the later of the two
    limits counts. A sector and a periodic invoice have a limit of their own, whatever the clause. The time of
    a public body runs from `receipt_date`, the receipt of the payment demand, by default the day of the invoice.

    Raises ValueError on an unknown regime, public rule, sector or clause.

    >>> check_due_date(date(2026, 1, 2), date(2026, 3, 10), Agreement()).excess_days
    7
    >>> check_due_date(date(2026, 1, 2), date(2026, 3, 10), Agreement(end_of_month="A")).lawful
    True
    >>> check_due_date(date(2026, 1, 31), date(2026, 4, 1), Agreement(end_of_month="A")).latest
    datetime.date(2026, 4, 1)
    >>> check_due_date(date(2026, 1, 2), date(2026, 3, 10), Agreement("public", "public_50")).article
    'CCP R2192-11'
    >>> check_due_date(date(2026, 1, 2), date(2027, 1, 2), Agreement("consumer")) is None
    True
    """
    if agreement.regime not in REGIMES:
        raise ValueError(f"Unknown regime {agreement.regime!r}: expected one of {', '.join(REGIMES)}")
    if agreement.regime == "consumer":
        return None
    if agreement.regime == "public":
        if agreement.public_rule not in PUBLIC_RULES.values():
            raise ValueError(f"Unknown {agreement.public_rule!r}: expected one of {', '.join(PUBLIC_RULES.values())}")
        return check(
            invoice_date, due_date, agreement.public_rule, delivery_date, receipt_date=receipt_date or invoice_date
        )
    clauses = {agreement.end_of_month}
    if not agreement.sector and not agreement.periodic:
        clauses.add(None)
    verdicts = [
        check_business(invoice_date, due_date, clause, agreement.periodic, agreement.sector, delivery_date)
        for clause in clauses
    ]
    return max(verdicts, key=lambda verdict: verdict.latest)
