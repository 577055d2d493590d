"""Semesters, the rate table and the choice of the rate."""

import pickle
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from law import (
    STATUTORY,
    MissingRateError,
    RateTable,
    Semester,
    SemesterRates,
    annual_rate,
    check_floor,
    owes_indemnity,
)
from law_figures import PUBLISHED, RATES, day


@given(st.dates(day("1990-01-01"), day("2100-12-31")))
def test_every_day_is_in_exactly_one_semester(some_day):
    semester = Semester.of(some_day)
    assert semester.start <= some_day <= semester.end
    assert semester.previous().end + timedelta(days=1) == semester.start
    assert semester.next().start == semester.end + timedelta(days=1)
    assert semester.previous() < semester < semester.next()
    assert semester.next().previous() == semester


@pytest.mark.parametrize("key", sorted(PUBLISHED))
def test_default_is_ecb_plus_ten_never_raised_to_the_floor(key):
    semester = Semester(*key)
    rate = annual_rate("business", STATUTORY, RATES, semester, semester)
    assert rate == (Decimal(PUBLISHED[key][2]) + 10, False)


def test_semesters_where_the_floor_is_above_the_default():
    semesters = [Semester(*key) for key in sorted(PUBLISHED)]
    above = [semester for semester in semesters if RATES.floor(semester) > RATES.ecb(semester) + 10]
    assert above == [Semester(2024, 1), Semester(2024, 2)]


@pytest.mark.parametrize(
    "basis, rate, percent, floored",
    [
        ("ecb_margin", "8", "10.15", False),
        ("ecb_margin", "5", "7.86", True),
        ("fixed", "7.86", "7.86", False),
        ("fixed", "7.85", "7.86", True),
        ("legal_multiple", "5", "13.10", False),
        ("legal_multiple", "3", "7.86", False),
        ("legal_multiple", "1.5", "7.86", True),
    ],
)
def test_clauses(basis, rate, percent, floored):
    spring = Semester(2026, 1)
    terms = STATUTORY._replace(basis=basis, rate=Decimal(rate))
    assert annual_rate("business", terms, RATES, spring, spring) == (Decimal(percent), floored)
    assert check_floor(terms, RATES, spring) == (Decimal("7.86") if floored else None)


def test_terms_are_ignored_for_public_buyers_and_consumers():
    terms = STATUTORY._replace(basis="fixed", rate=Decimal(20))
    first, later = Semester(2023, 1), Semester(2024, 1)
    assert annual_rate("public", terms, RATES, later, first) == (Decimal("10.50"), False)
    assert annual_rate("consumer", terms, RATES, later, first) == (Decimal("5.07"), False)


def test_missing_rates_name_their_semester():
    unknown = Semester(2027, 1)
    for look_up in (RATES.at, RATES.ecb, RATES.legal, RATES.floor):
        with pytest.raises(MissingRateError, match="^No rate for 2027 S1$"):
            look_up(unknown)
    with pytest.raises(MissingRateError, match="2027 S1"):
        check_floor(STATUTORY._replace(basis="fixed", rate=Decimal(20)), RATES, unknown)


def test_missing_rate_error_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(MissingRateError(Semester(2027, 1))))
    assert (str(error), error.semester) == ("No rate for 2027 S1", Semester(2027, 1))


def test_table_does_not_change_with_the_mapping_it_was_made_from():
    rows = {Semester(2026, 1): SemesterRates(None, None, Decimal("2.15"))}
    table = RateTable(rows)
    rows.clear()
    assert table.ecb(Semester(2026, 1)) == Decimal("2.15")


def test_bad_tables_are_refused():
    with pytest.raises(TypeError, match="Rate legal_business of 2026 S1 must be a Decimal"):
        RateTable({Semester(2026, 1): SemesterRates(None, 2.62, None)})
    with pytest.raises(ValueError, match="A semester is"):
        RateTable({(2026, 3): SemesterRates(None, None, None)})


def test_unknown_names_are_refused():
    spring = Semester(2026, 1)
    with pytest.raises(ValueError, match="Unknown regime 'martian'"):
        annual_rate("martian", STATUTORY, RATES, spring, spring)
    with pytest.raises(ValueError, match="Unknown basis 'euribor'"):
        annual_rate("business", STATUTORY._replace(basis="euribor"), RATES, spring, spring)
    with pytest.raises(ValueError, match="Unknown regime 'martian'"):
        owes_indemnity("martian")
