"""Independent reckoning of late-payment interest: day after day, exact fractions, none of the package."""

from datetime import timedelta
from fractions import Fraction

from law_figures import PUBLISHED

ONE_DAY = timedelta(days=1)


def half(day):
    return (day.year, 1 if day < day.replace(month=7, day=1) else 2)


def percent(regime, terms, day, first_day):
    """Annual rate of `day` in percent."""
    legal, ecb = (Fraction(figure) for figure in PUBLISHED[half(day)][1:])
    if regime == "consumer":
        return legal
    if regime == "public":
        return Fraction(PUBLISHED[half(first_day)][2]) + 8
    rate = Fraction(terms.rate)
    if terms.basis == "ecb":
        return ecb + 10
    agreed = {"ecb_margin": ecb + rate, "fixed": rate, "legal_multiple": rate * legal}[terms.basis]
    return max(agreed, 3 * legal)


def share_of_year(terms, day):
    year = (day - ONE_DAY).year
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return Fraction(1, 366 if leap and terms.day_base == "actual" else 365)


def cents(exact):
    """Round half up, in cents."""
    return (200 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def reckon(principal, due_date, as_of, regime, terms, payments=(), credits=(), notice_date=None):
    """Return [(first day, last day, days, principal, exact interest)], principal bearing, interest unpaid."""
    bearing = max(Fraction(0), Fraction(principal) - sum(Fraction(a) for d, a in credits if d <= as_of))
    paid = [(d, Fraction(a)) for d, a in payments if d <= as_of and a]
    unpaid = Fraction(0)
    start = due_date if regime != "consumer" else (max(due_date, notice_date) if notice_date else as_of)
    bearing = max(Fraction(0), bearing - sum(a for d, a in paid if d <= start))
    found, open_days, interest = [], [], Fraction(0)
    current = start + ONE_DAY
    while current <= as_of:
        if bearing > 0:
            rate = percent(regime, terms, current, start + ONE_DAY)
            interest += bearing * rate / 100 * share_of_year(terms, current)
            open_days.append(current)
        today = sum(a for d, a in paid if d == current)
        if open_days and (today or current == as_of or half(current) != half(current + ONE_DAY)):
            found.append((open_days[0], open_days[-1], len(open_days), bearing, interest))
            unpaid += Fraction(cents(interest), 100)
            open_days, interest = [], Fraction(0)
        if terms.imputation == "interest":
            first = min(today, unpaid)
            unpaid -= first
            today -= first
        bearing = max(Fraction(0), bearing - today)
        current += ONE_DAY
    return found, bearing, unpaid
