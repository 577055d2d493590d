"""Sums that French law sets in euros, in the other currency of the Republic."""

from decimal import ROUND_HALF_UP, Decimal

#: One euro in CFP francs: 1 000 XPF are 8.38 EUR (C. mon. fin. D721-2; decree 98-1152; order of 31 December 1998).
XPF_PER_EURO = Decimal("119.331742")


def from_euros(amount: Decimal, currency: str) -> Decimal:
    """Return `amount` (EUR) in `currency` (ISO code) when its parity is fixed by law, else as it is.

    CFP francs have no cents.

    >>> from_euros(Decimal(40), "XPF"), from_euros(Decimal(5), "XPF"), from_euros(Decimal(15), "XPF")
    (Decimal('4773'), Decimal('597'), Decimal('1790'))
    >>> from_euros(Decimal(40), "EUR"), from_euros(Decimal(40), "CHF")
    (Decimal('40'), Decimal('40'))
    """
    if currency != "XPF":
        return amount
    return (amount * XPF_PER_EURO).quantize(Decimal(1), ROUND_HALF_UP)
