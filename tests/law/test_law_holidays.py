"""Public holidays: the dates of the almanac, whatever library computes them."""

from datetime import date

import pytest
from law.holidays import ZONES, is_public_holiday, public_holidays

# Easter Sunday of the almanac; Easter Monday, Ascension and Whit Monday are 1, 39 and 50 days later.
EASTERS = {2008: "03-23", 2024: "03-31", 2025: "04-20", 2026: "04-05", 2027: "03-28", 2030: "04-21", 2038: "04-25"}
FIXED = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}


@pytest.mark.parametrize(("year", "easter"), EASTERS.items())
def test_the_eleven_days_of_france(year, easter):
    sunday = date.fromisoformat(f"{year}-{easter}").toordinal()
    expected = {date(year, *day) for day in FIXED} | {date.fromordinal(sunday + days) for days in (1, 39, 50)}
    assert public_holidays(year) == expected
    # 1 May 2008 was Ascension as well.
    assert len(expected) == (10 if year == 2008 else 11)


@pytest.mark.parametrize("year", EASTERS)
def test_alsace_moselle_has_two_more(year):
    sunday = date.fromisoformat(f"{year}-{EASTERS[year]}").toordinal()
    assert public_holidays(year, "57") - public_holidays(year) == {date.fromordinal(sunday - 2), date(year, 12, 26)}


@pytest.mark.parametrize(
    ("zone", "day"),
    [("971", "05-27"), ("972", "05-22"), ("973", "06-10"), ("974", "12-20"), ("976", "04-27"), ("NC", "09-24")],
)
def test_overseas_days(zone, day):
    day = date.fromisoformat(f"2026-{day}")
    assert is_public_holiday(day, zone)
    assert not is_public_holiday(day)


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_offered_is_known_and_has_the_days_of_france(zone):
    assert {date(2026, *day) for day in FIXED} <= public_holidays(2026, zone)
