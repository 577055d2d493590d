"""Limitation periods and what interrupts them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from law import limitation_date, limitation_kind, limitation_of
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
        ("undertaking", "2025-12-10", "2030-12-10"),
        ("transport", "2025-12-20", "2026-12-20"),
        ("transport", "2024-02-29", "2025-02-28"),
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
    st.sampled_from(["business", "consumer", "public", "undertaking", "transport"]),
    st.dates(day("2014-01-01"), day("2030-12-31")),
    st.lists(st.tuples(st.integers(-400, 4000), st.sampled_from(KINDS)), max_size=5),
)
def test_more_events_never_bring_the_date_forward(regime, due, offsets):
    events = [(due + timedelta(days=offset), kind) for offset, kind in offsets]
    dates = [limitation_date(regime, due, events[:count]) for count in range(len(events) + 1)]
    assert dates == sorted(dates)
    assert dates[0] > due + timedelta(days=364)


@pytest.mark.parametrize(
    "kind, known, start, source, last, later",
    [
        # works done on 31 August 2025, invoiced in December, due on 30 January 2026
        ("consumer", {"performance_date": "2025-08-31"}, "2025-08-31", "performance", "2027-08-31", "2028-01-30"),
        ("business", {"performance_date": "2025-08-31"}, "2025-08-31", "performance", "2030-08-31", "2031-01-30"),
        ("public", {"performance_date": "2025-12-10"}, "2025-12-10", "performance", "2029-12-31", "2030-12-31"),
        ("transport", {"delivery_date": "2025-12-20"}, "2025-12-20", "delivery", "2026-12-20", "2027-01-30"),
        ("undertaking", {"performance_date": "2025-12-10"}, "2025-12-10", "performance", "2030-12-10", "2031-01-30"),
        # nobody says when: the earliest of what is known
        ("business", {"invoice_date": "2025-12-31"}, "2025-12-31", "invoice", "2030-12-31", "2031-01-30"),
        ("business", {"invoice_date": "2025-12-31", "delivery_date": "2025-12-31"}, "2025-12-31", "delivery",
         "2030-12-31", "2031-01-30"),
        ("business", {"invoice_date": "2026-02-15"}, "2026-01-30", "due", "2031-01-30", None),
        # done after it was due: what a person entered counts
        ("business", {"performance_date": "2026-03-01"}, "2026-03-01", "performance", "2031-03-01", None),
    ],
)  # fmt: skip
def test_where_it_starts(kind, known, start, source, last, later):
    found = limitation_of(kind, day("2026-01-30"), **{name: day(value) for name, value in known.items()})
    assert found == (day(last), day(start), source, later and day(later))


def test_an_interruption_restarts_both_dates():
    acknowledged = [(day("2027-06-01"), "acknowledgement")]
    found = limitation_of("consumer", day("2026-01-30"), performance_date=day("2025-08-31"), events=acknowledged)
    assert (found.last, found.later) == (day("2029-06-01"), None)
    # too late for the cautious date, in time for the other one
    late = [(day("2027-10-01"), "acknowledgement")]
    found = limitation_of("consumer", day("2026-01-30"), performance_date=day("2025-08-31"), events=late)
    assert (found.last, found.later) == (day("2027-08-31"), day("2029-10-01"))


def test_which_limitation():
    assert limitation_kind("business") == "business"
    assert limitation_kind("consumer", transport=True) == "transport"
    assert limitation_kind("public") == "public"
    assert limitation_kind("public", public_accountant=False) == "undertaking"
    assert limitation_kind("business", public_accountant=False) == "business"


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="Unknown event 'phone_call': expected one of acknowledgement"):
        limitation_date("business", DUE, [(DUE, "phone_call")])
    with pytest.raises(ValueError, match="Unknown kind of claim 'martian'"):
        limitation_date("martian", DUE)
