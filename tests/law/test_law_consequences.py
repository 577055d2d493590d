"""What a screen says of a regime is what the other modules compute."""

from datetime import date
from decimal import Decimal

import pytest
from law import (
    STATUTORY,
    RateTable,
    Semester,
    SemesterRates,
    accrue,
    consequences_of,
    indemnity,
    limitation_date,
    rate_on,
)
from law.payment_terms import PUBLIC_DAYS, PUBLIC_RULES, latest_due_date
from law.regimes import REGIMES

DUE, AS_OF = date(2026, 5, 16), date(2026, 8, 31)
RATES = RateTable(
    {
        Semester(2026, 1): SemesterRates(Decimal("6.67"), Decimal("2.62"), Decimal("2.15")),
        Semester(2026, 2): SemesterRates(Decimal("6.84"), Decimal("2.75"), Decimal("2.40")),
    }
)
TERMS = STATUTORY._replace(basis="fixed", rate=Decimal(15), indemnity=Decimal(60))


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("terms", [STATUTORY, TERMS])
def test_agrees_with_the_claim(regime, terms):
    told = consequences_of(regime, terms)
    silent = accrue(Decimal(1850), DUE, AS_OF, regime, RATES, terms=terms)
    assert bool(silent.segments) is not told.after_notice
    owed = accrue(Decimal(1850), DUE, AS_OF, regime, RATES, terms=terms, notice_date=date(2026, 5, 31))
    assert indemnity(regime, terms, [owed]) == told.indemnity
    assert (told.indemnity == 0) is ("indemnity" in told.forbidden)
    last = owed.segments[-1]
    assert rate_on(regime, terms, RATES, AS_OF, owed.segments[0].date_from).percent == last.rate
    # Under the default of the law, one rate for the whole delay or one a semester.
    if terms == STATUTORY:
        assert len({segment.rate for segment in owed.segments}) == (1 if told.one_rate else 2)
    if terms == TERMS:
        assert ("terms_rate" in told.forbidden) is (last.rate != TERMS.rate)


@pytest.mark.parametrize("regime", REGIMES)
def test_limitation_agrees(regime):
    told = consequences_of(regime, STATUTORY)
    start = date(DUE.year, 12, 31) if told.from_new_year else DUE
    assert limitation_date(regime, DUE) == start.replace(year=start.year + told.limitation_years)


@pytest.mark.parametrize("kind", PUBLIC_RULES)
def test_days_of_public_bodies(kind):
    assert (latest_due_date(DUE, PUBLIC_RULES[kind]) - DUE).days == PUBLIC_DAYS[kind]


def test_unknown_regime():
    with pytest.raises(ValueError, match="Unknown"):
        consequences_of("association", STATUTORY)
