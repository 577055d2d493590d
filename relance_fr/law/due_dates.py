"""Whether the due date of an invoice is one the law allows its debtor."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from .payment_terms import PUBLIC_DAYS, PUBLIC_RULES, Verdict, check, check_business
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


def public_payable_until(
    public_kind: str, receipt_date: date | None, performance_date: date | None = None, suspended_days: int = 0
) -> date | None:
    """Return the last day a public buyer has to pay, whatever due date was entered; None where it is not known.

    - `public_kind`: a key of PUBLIC_RULES: 30, 50 or 60 days (CCP R2192-10, R2192-11);
    - `receipt_date`: the day the payment demand was received, on Chorus Pro that of the notification (R2192-12);
    - `performance_date`: the day the service was done, where the demand came before (R2192-13);
    - `suspended_days`: how long the buyer suspended its time to pay, once, for a demand that lacked something
      (R2192-27).

    Interest runs from the day after it (L2192-13). A contract may set fewer days: then this does not apply.
    Raises ValueError on an unknown kind or a negative number of days.

    >>> public_payable_until("authority", date(2026, 10, 10))
    datetime.date(2026, 11, 9)
    >>> public_payable_until("authority", date(2026, 10, 10), date(2026, 10, 20), 5)
    datetime.date(2026, 11, 24)
    >>> public_payable_until("health", None, date(2026, 10, 20))
    datetime.date(2026, 12, 9)
    >>> public_payable_until("authority", None) is None
    True
    """
    if public_kind not in PUBLIC_DAYS:
        raise ValueError(f"Unknown {public_kind!r}: expected one of {', '.join(PUBLIC_DAYS)}")
    if suspended_days < 0:
        raise ValueError(f"{suspended_days} days: a suspension lasts no negative number of days")
    known = [day for day in (receipt_date, performance_date) if day]
    return max(known) + timedelta(days=PUBLIC_DAYS[public_kind] + suspended_days) if known else None
