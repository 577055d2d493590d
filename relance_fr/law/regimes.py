"""Which annual rate is due: by the regime of the debtor and the terms of the creditor."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from .periods import Semester
from .rates import RateTable

REGIMES = ("business", "public", "consumer")
BASES = ("ecb", "ecb_margin", "fixed", "legal_multiple")
DAY_BASES = ("365", "actual")
IMPUTATIONS = ("principal", "interest")

BUSINESS_MARGIN = Decimal(10)
PUBLIC_MARGIN = Decimal(8)
STATUTORY_INDEMNITY = Decimal(40)


class Terms(NamedTuple):
    """A version of the creditor's penalty clause (CGV).

    - `basis`: "ecb", the statutory default, ECB + 10 points (`rate` is ignored); or a contract: "ecb_margin",
      ECB + `rate` points; "fixed", `rate` % a year; "legal_multiple", `rate` times the legal interest rate;
    - `rate`: Decimal, its unit given by `basis`;
    - `day_base`: "365", every day is 1/365 of the annual rate; "actual", every day is one over the days of
      its year;
    - `imputation`: what a part payment pays first, "principal" (agreed) or "interest" (Code civil 1343-1);
    - `indemnity`: fixed compensation for recovery costs, EUR an invoice (C. com. D441-5: 40).
    """

    basis: str
    rate: Decimal
    day_base: str
    imputation: str
    indemnity: Decimal


STATUTORY = Terms("ecb", Decimal(0), "365", "principal", STATUTORY_INDEMNITY)


class AppliedRate(NamedTuple):
    """Annual rate in percent; `floored` when a clause was raised to three times the legal rate."""

    percent: Decimal
    floored: bool


def annual_rate(
    regime: str, terms: Terms, rates: RateTable, semester: Semester, first_semester: Semester
) -> AppliedRate:
    """Return the annual rate (%) that runs in `semester` for a delay whose first day is in `first_semester`.

    - business (C. com. L441-10 II): the rate of the terms. A clause below three times the legal rate is
      raised to it; the statutory ECB + 10 never is, as the text limits contractual rates only;
    - public (CCP R2192-31): ECB + 8 of the semester in which interest starts, for the whole delay; terms
      ignored;
    - consumer (Code civil 1231-6): the legal rate of the semester; terms ignored.

    Raises MissingRateError when a rate it needs is missing, ValueError on an unknown regime or basis.

    >>> from .rates import SemesterRates
    >>> s1, s2 = Semester(2024, 1), Semester(2024, 2)
    >>> table = RateTable({
    ...     s1: SemesterRates(Decimal("8.01"), Decimal("5.07"), Decimal("4.50")),
    ...     s2: SemesterRates(Decimal("8.16"), Decimal("4.92"), Decimal("4.25")),
    ... })
    >>> annual_rate("business", STATUTORY, table, s2, s1)   # 3 x 4.92 = 14.76 does not raise the default
    AppliedRate(percent=Decimal('14.25'), floored=False)
    >>> annual_rate("business", STATUTORY._replace(basis="fixed", rate=Decimal(9)), table, s2, s1)
    AppliedRate(percent=Decimal('14.76'), floored=True)
    >>> annual_rate("public", STATUTORY, table, s2, s1)
    AppliedRate(percent=Decimal('12.50'), floored=False)
    >>> annual_rate("consumer", STATUTORY, table, s2, s1)
    AppliedRate(percent=Decimal('4.92'), floored=False)
    """
    if regime == "public":
        return AppliedRate(rates.ecb(first_semester) + PUBLIC_MARGIN, False)
    if regime == "consumer":
        return AppliedRate(rates.legal(semester), False)
    if regime != "business":
        raise ValueError(f"Unknown regime {regime!r}: expected one of {', '.join(REGIMES)}")
    percent = _agreed_rate(terms, rates, semester)
    floor = check_floor(terms, rates, semester)
    return AppliedRate(percent, False) if floor is None else AppliedRate(floor, True)


def check_floor(terms: Terms, rates: RateTable, semester: Semester) -> Decimal | None:
    """Return the floor (%) if the clause is below it in `semester`, else None (C. com. L441-10 II).

    For the moment a clause is saved as much as for computing. None for the statutory basis, which has no
    floor. Raises MissingRateError when the rates of `semester` are missing, ValueError on an unknown basis.

    >>> from .rates import SemesterRates
    >>> s1 = Semester(2026, 1)
    >>> table = RateTable({s1: SemesterRates(Decimal("6.67"), Decimal("2.62"), Decimal("2.15"))})
    >>> check_floor(STATUTORY._replace(basis="fixed", rate=Decimal(5)), table, s1)
    Decimal('7.86')
    >>> check_floor(STATUTORY._replace(basis="legal_multiple", rate=Decimal(2)), table, s1)
    Decimal('7.86')
    >>> check_floor(STATUTORY._replace(basis="ecb_margin", rate=Decimal(8)), table, s1) is None
    True
    >>> check_floor(STATUTORY, table, s1) is None
    True
    """
    if terms.basis == "ecb":
        return None
    agreed = _agreed_rate(terms, rates, semester)
    floor = rates.floor(semester)
    return floor if agreed < floor else None


def owes_indemnity(regime: str) -> bool:
    """Tell whether a late debtor of `regime` owes the fixed compensation for recovery costs.

    Business: C. com. L441-10 II and D441-5; public: CCP D2192-35; a consumer never. ValueError on an unknown
    regime.

    >>> [owes_indemnity(regime) for regime in REGIMES]
    [True, True, False]
    """
    if regime not in REGIMES:
        raise ValueError(f"Unknown regime {regime!r}: expected one of {', '.join(REGIMES)}")
    return regime != "consumer"


def needs_notice(regime: str) -> bool:
    """Tell whether interest only runs from a formal notice: for a consumer (Code civil 1231-6), no one else.

    >>> [needs_notice(regime) for regime in REGIMES]
    [False, False, True]
    """
    return regime == "consumer"


def _agreed_rate(terms: Terms, rates: RateTable, semester: Semester) -> Decimal:
    if terms.basis == "ecb":
        return rates.ecb(semester) + BUSINESS_MARGIN
    if terms.basis == "ecb_margin":
        return rates.ecb(semester) + terms.rate
    if terms.basis == "fixed":
        return terms.rate
    if terms.basis == "legal_multiple":
        return terms.rate * rates.legal(semester)
    raise ValueError(f"Unknown basis {terms.basis!r}: expected one of {', '.join(BASES)}")
