"""Limitation periods and what interrupts them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from law import limitation_date
from law_figures import day

KINDS = ["acknowledgement", "claim_in_court", "enforcement", "mise_en_demeure"]
DUE = day("2026-05-16")


@pytest.mark.parametrize(
    "regime, due, last",
    [
        ("business", "2026-05-16", "2031-05-16"),
        ("business", "2024-02-29", "2029-02-28"),
        ("consumer", "2026-05-16", "2028-05-16"),
        ("consumer", "2024-02-29", "2026-02-28"),
        ("consumer", "2022-02-28", "2024-02-28"),
        ("public", "2026-01-01", "2030-12-31"),
        ("public", "2026-12-31", "2030-12-31"),
        ("public", "2024-02-29", "2028-12-31"),
    ],
)
def test_without_events(regime, due, last):
    assert limitation_date(regime, day(due)) == day(last)


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize(
    "regime, last", [("business", "2032-09-01"), ("consumer", "2029-09-01"), ("public", "2031-12-31")]
)
def test_interruption_starts_a_new_period(regime, last, kind):
    assert limitation_date(regime, DUE, [(day("2027-09-01"), kind)]) == day(last)


@pytest.mark.parametrize(
    "regime, last", [("business", "2031-05-16"), ("consumer", "2028-05-16"), ("public", "2031-12-31")]
)
def test_formal_notice_interrupts_against_a_public_body_only(regime, last):
    assert limitation_date(regime, DUE, [(day("2027-09-01"), "mise_en_demeure")]) == day(last)


def test_event_on_the_last_day_counts_and_the_day_after_revives_nothing():
    assert limitation_date("consumer", DUE, [(day("2028-05-16"), "enforcement")]) == day("2030-05-16")
    assert limitation_date("consumer", DUE, [(day("2028-05-17"), "enforcement")]) == day("2028-05-16")


def test_events_chain_in_time_order_whatever_the_order_given():
    events = [(day("2030-01-01"), "enforcement"), (day("2028-05-01"), "acknowledgement")]
    assert limitation_date("consumer", DUE, events) == day("2032-01-01")
    assert limitation_date("consumer", DUE, events[:1]) == day("2028-05-16")


def test_event_before_the_period_never_shortens_it():
    assert limitation_date("business", DUE, [(day("2025-01-01"), "acknowledgement")]) == day("2031-05-16")
    assert limitation_date("public", DUE, [(day("2025-01-01"), "acknowledgement")]) == day("2030-12-31")


@given(
    st.sampled_from(["business", "consumer", "public"]),
    st.dates(day("2014-01-01"), day("2030-12-31")),
    st.lists(st.tuples(st.integers(-400, 4000), st.sampled_from(KINDS)), max_size=5),
)
def test_more_events_never_bring_the_date_forward(regime, due, offsets):
    events = [(due + timedelta(days=offset), kind) for offset, kind in offsets]
    dates = [limitation_date(regime, due, events[:count]) for count in range(len(events) + 1)]
    assert dates == sorted(dates)
    assert dates[0] > due + timedelta(days=700)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="Unknown event 'phone_call': expected one of acknowledgement"):
        limitation_date("business", DUE, [(DUE, "phone_call")])
    with pytest.raises(ValueError, match="Unknown regime 'martian'"):
        limitation_date("martian", DUE)
