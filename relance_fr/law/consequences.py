"""What the regime of a debtor changes for the creditor, in one place to be shown: the rules are elsewhere."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .accrual import ZERO, Accrual, indemnity
from .limitation import ARTICLES as LIMITATION_ARTICLES
from .limitation import YEARS
from .mentions import required
from .periods import Semester
from .rates import RateTable
from .regimes import BUSINESS_MARGIN, PUBLIC_MARGIN, AppliedRate, Terms, annual_rate, needs_notice, owes_indemnity


class Consequences(NamedTuple):
    """What a debtor of `regime` owes when paying late.

    - `basis`: what the annual rate is made of: a basis of Terms, "public" (ECB + 8) or "legal" (a consumer);
    - `figure`: points above the ECB rate, percent a year or multiple of the legal rate, as the basis says; 0 for
      "legal";
    - `indemnity`: fixed compensation (EUR) of one invoice paid late;
    - `after_notice`: interest only runs from a formal notice, else from the day after the due date;
    - `one_rate`: the rate of the first semester serves for the whole delay, else each semester has its own;
    - `articles`: of the formal notice, in its order, each once;
    - `limitation_years`, `limitation_article`; `from_new_year`: counted from the 1 January after the performance;
    - `forbidden`: keys of what may not be claimed: "interest_before_notice", "indemnity", "terms_rate" (the rate of
      the terms), "costs", "vat", "compound" (interest on interest without a contract or a court).
    """

    regime: str
    basis: str
    figure: Decimal
    indemnity: Decimal
    after_notice: bool
    one_rate: bool
    articles: tuple[str, ...]
    limitation_years: int
    limitation_article: str
    from_new_year: bool
    forbidden: tuple[str, ...]


def consequences_of(regime: str, terms: Terms, day: date | None = None) -> Consequences:
    """Return what `regime` changes under the `terms` of the creditor; articles by the names they have on `day`.

    Raises ValueError on an unknown regime.

    >>> from .regimes import STATUTORY
    >>> business = consequences_of("business", STATUTORY)
    >>> business.basis, str(business.figure), str(business.indemnity), business.limitation_years
    ('ecb', '10', '40', 5)
    >>> consequences_of("public", STATUTORY._replace(basis="fixed", rate=Decimal(15))).forbidden
    ('terms_rate', 'vat', 'compound')
    >>> consumer = consequences_of("consumer", STATUTORY)
    >>> consumer.after_notice, str(consumer.indemnity), consumer.limitation_years
    (True, '0', 2)
    >>> consumer.forbidden
    ('interest_before_notice', 'indemnity', 'terms_rate', 'costs', 'vat', 'compound')
    """
    late = Accrual((), ZERO, ZERO, True)
    owed = owes_indemnity(regime)
    basis, figure = _basis(regime, terms)
    forbidden = {
        "interest_before_notice": needs_notice(regime),
        "indemnity": not owed,
        "terms_rate": regime != "business",
        "costs": regime == "consumer",
        "vat": True,
        "compound": True,
    }
    return Consequences(
        regime=regime,
        basis=basis,
        figure=figure,
        indemnity=indemnity(regime, terms, [late]),
        after_notice=needs_notice(regime),
        one_rate=regime == "public",
        articles=tuple(dict.fromkeys(mention.article for mention in required(regime, "formal", terms.basis, day))),
        limitation_years=YEARS[regime],
        limitation_article=LIMITATION_ARTICLES[regime],
        from_new_year=regime == "public",
        forbidden=tuple(key for key, applies in forbidden.items() if applies),
    )


def rate_on(regime: str, terms: Terms, rates: RateTable, day: date, first_day: date | None = None) -> AppliedRate:
    """Return the annual rate (%) of `day`, for a delay whose first day is `first_day` (by default that day).

    Raises MissingRateError, naming the semester, when a rate it needs is missing.

    >>> from .rates import SemesterRates
    >>> from .regimes import STATUTORY
    >>> table = RateTable({
    ...     Semester(2026, 1): SemesterRates(Decimal("6.67"), Decimal("2.62"), Decimal("2.15")),
    ...     Semester(2026, 2): SemesterRates(Decimal("6.84"), Decimal("2.75"), Decimal("2.40")),
    ... })
    >>> autumn, spring = date(2026, 11, 22), date(2026, 5, 17)
    >>> [str(rate_on(regime, STATUTORY, table, autumn).percent) for regime in ("business", "public", "consumer")]
    ['12.40', '10.40', '2.75']
    >>> str(rate_on("public", STATUTORY, table, autumn, spring).percent)
    '10.15'
    """
    return annual_rate(regime, terms, rates, Semester.of(day), Semester.of(first_day or day))


def _basis(regime: str, terms: Terms) -> tuple[str, Decimal]:
    if regime == "public":
        return "public", PUBLIC_MARGIN
    if regime == "consumer":
        return "legal", ZERO
    return (terms.basis, BUSINESS_MARGIN) if terms.basis == "ecb" else (terms.basis, terms.rate)
