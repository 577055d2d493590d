"""Days sales outstanding: how many days of sales customers still owe. Plain numbers, no Odoo."""


def by_ratio(balance, sales, days):
    """Return the days of sales ``balance`` stands for, when ``sales`` were invoiced in ``days``; None without sales.

    >>> by_ratio(50, 365, 365)
    50.0
    >>> by_ratio(50, 0, 365) is None
    True
    >>> by_ratio(-10, 365, 365)
    0.0
    """
    if sales <= 0:
        return None
    return round(max(balance, 0) * days / sales, 1)


def by_count_back(balance, months):
    """Return the days of sales ``balance`` stands for, exhausting the latest sales first; None when they do not do.

    A month that the balance exhausts counts for all its days, the last one for its share. A month of credit notes
    adds to what is left to exhaust.

    :param months: ``(days, sales)`` of each month, the current one first, with its days gone by

    >>> by_count_back(150, [(30, 100), (31, 100)])
    45.5
    >>> by_count_back(90, [(30, 100)])
    27.0
    >>> by_count_back(100, [(10, -20), (30, 240)])
    25.0
    >>> by_count_back(0, [])
    0.0
    >>> by_count_back(500, [(30, 100)]) is None
    True
    """
    left, counted = balance, 0
    if left <= 0:
        return 0.0
    for days, sales in months:
        if sales >= left:
            return round(counted + days * left / sales, 1)
        left -= sales
        counted += days
    return None
