"""Independent reckoning of late-payment interest: day after day, exact fractions, none of the package."""

from datetime import timedelta
from fractions import Fraction

from law_figures import PUBLISHED

ONE_DAY = timedelta(days=1)


def half(day):
    return (day.year, 1 if day < day.replace(month=7, day=1) else 2)


def percent(regime, terms, day, first_day):
    """Annual rate of `day` in percent, and whether a clause was raised to the floor."""
    legal, ecb = (Fraction(figure) for figure in PUBLISHED[half(day)][1:])
    if regime == "consumer":
        return legal, False
    if regime == "public":
        return Fraction(PUBLISHED[half(first_day)][2]) + 8, False
    rate = Fraction(terms.rate)
    if terms.basis == "ecb":
        return ecb + 10, False
    agreed = {"ecb_margin": ecb + rate, "fixed": rate, "legal_multiple": rate * legal}[terms.basis]
    return max(agreed, 3 * legal), agreed < 3 * legal


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
    found, open_rows = [], []
    paid_interest = Fraction(0)

    def accrued():
        """Interest of all closed rows and of the open one, each in cents."""
        return sum(Fraction(cents(sum(row[2] for row in rows)), 100) for rows in (*found, open_rows))

    current = start + ONE_DAY
    while current <= as_of:
        if bearing > 0:
            rate, raised = percent(regime, terms, current, start + ONE_DAY)
            key = (rate, raised, bearing)
            if open_rows and open_rows[-1][1] != key:
                found.append(open_rows)
                open_rows = []
            open_rows.append((current, key, bearing * rate / 100 * share_of_year(terms, current)))
        today = sum(a for d, a in paid if d == current)
        if terms.imputation == "interest":
            first = min(today, accrued() - paid_interest)
            paid_interest += first
            today -= first
        bearing = max(Fraction(0), bearing - today)
        current += ONE_DAY
    unpaid = accrued() - paid_interest
    found += [open_rows] if open_rows else []
    return (
        [(rows[0][0], rows[-1][0], len(rows), rows[0][1][2], sum(row[2] for row in rows)) for rows in found],
        bearing,
        unpaid,
    )
