"""What happens in the demo, told in days before its last day: invoices, payments, disputes, promises.

An invoice is named ``debtor/days`` after the day it was issued on: ``"moulin/100"``. What falls on a Saturday or
Sunday happens on the Friday before (see :func:`day_of`). Plain data; ``dev/demo_story.py`` acts it out.
"""

import datetime
from typing import NamedTuple

#: Days the story plays with the daily job, the last one included; what is older is history.
STORY_DAYS = 31


class Sale(NamedTuple):
    """An invoice: debtor, days ago, payment terms, quantities of products."""

    debtor: str
    ago: int
    terms: str
    products: dict

    @property
    def name(self):
        """Its name in this ledger."""
        return f"{self.debtor}/{self.ago}"


class Payment(NamedTuple):
    """Money on the bank statement: days ago, the invoice it pays, the share of what is left of it (percent)."""

    ago: int
    sale: str
    share: int = 100


class Event(NamedTuple):
    """Something else that happens: days ago, what (a method of ``dev/demo_story.py``), its arguments."""

    ago: int
    kind: str
    values: dict


def _sales(debtor, *rows):
    return [Sale(debtor, ago, terms, products) for ago, terms, products in rows]


def _regular():
    """Return the twenty invoices of the good customer, one a week."""
    weeks = range(20)
    return [
        Sale(
            "lefèvre", 147 - 7 * week, "30", {"chêne": 9 + week % 5 * 4, "quincaillerie": 2 + week % 3, "livraison": 1}
        )
        for week in weeks
    ]


SALES = [
    *_regular(),
    *_sales("sud-ouest", (95, "45", {"panneau": 120, "livraison": 2}), (75, "45", {"chêne": 40}),
            (52, "45", {"quincaillerie": 25}), (20, "45", {"panneau": 30})),
    *_sales("mairie", (70, "30", {"mélèze": 64, "livraison": 1}), (45, "30", {"poutre": 36}),
            (12, "30", {"poutre": 10})),
    *_sales("hôpital", (80, "50", {"panneau": 88}), (35, "50", {"quincaillerie": 12})),
    *_sales("lebœuf", (60, "15", {"mélèze": 22})),
    *_sales("hérouville", (40, "15", {"chêne": 6, "livraison": 1})),
    *_sales("ÿvernault", (90, "15", {"mélèze": 35, "livraison": 1})),
    *_sales("delvaux", (75, "30", {"poutre": 140}), (33, "30", {"poutre": 60})),
    *_sales("zbinden", (68, "30", {"chêne": 55})),
    *_sales("pélissier", (62, "30", {"quincaillerie": 9}), (24, "30", {"quincaillerie": 3})),
    *_sales("fantôme", (65, "30", {"panneau": 14})),
    *_sales("bréval immo", (80, "30", {"chêne": 12}), (50, "30", {"livraison": 2})),
    *_sales("ôtaké", (72, "30", {"chêne": 48, "livraison": 1}), (50, "30", {"quincaillerie": 18})),
    *_sales("ribéra", (58, "30", {"poutre": 75})),
    *_sales("castelnau", (60, "30", {"poutre": 52, "livraison": 1})),
    *_sales("moulin", (100, "30", {"chêne": 33}), (78, "30", {"chêne": 21})),
    *_sales("dujardin", (55, "30", {"chêne": 26})),
    *_sales("le goff", (130, "30", {"poutre": 90}), (100, "30", {"poutre": 64}), (70, "30", {"poutre": 82}),
            (40, "30", {"poutre": 71})),
    *_sales("bellevue", (60, "30/70", {"panneau": 150, "quincaillerie": 20, "livraison": 3})),
    *_sales("altéa", (85, "30", {"mélèze": 210}), (66, "30", {"mélèze": 180, "livraison": 4})),
    *_sales("vauquelin", (63, "45", {"panneau": 260, "livraison": 5}), (30, "45", {"panneau": 90})),
    *_sales("nérac", (92, "30", {"panneau": 75})),
    *_sales("hermeline", (96, "30", {"poutre": 220, "livraison": 2}), (88, "30", {"poutre": 35})),
    *_sales("quéméneur", (95, "30", {"panneau": 44})),
    *_sales("quimperlé", (64, "30", {"chêne": 11})),
    *_sales("équinoxe", (90, "30", {"chêne": 90, "panneau": 60})),
    *_sales("sénéchal", (66, "30", {"mélèze": 95})),
    *_sales("oriel", (50, "30", {"mélèze": 40})),
    *_sales("émeraude", (69, "30", {"mélèze": 120, "livraison": 1})),
    *_sales("encre bleue", (40, "30", {"chêne": 8}), (12, "30", {"chêne": 3})),
    *_sales("haut-doubs", (18, "15", {"poutre": 45}), (5, "30", {"poutre": 30})),
]  # fmt: skip

PAYMENTS = [
    *(Payment(147 - 7 * week - 34, f"lefèvre/{147 - 7 * week}") for week in range(12)),
    Payment(12, "lefèvre/63"),
    Payment(12, "lefèvre/56", 40),
    Payment(15, "hôpital/80"),
    Payment(14, "hérouville/40"),
    Payment(10, "ÿvernault/90", 50),
    Payment(3, "delvaux/75"),
    Payment(9, "ribéra/58"),
    Payment(78, "le goff/130"),
    Payment(49, "le goff/100"),
    Payment(19, "le goff/70"),
    Payment(40, "bellevue/60", 30),
    Payment(20, "nérac/92"),
    Payment(21, "équinoxe/90", 25),
    Payment(25, "sénéchal/66", 40),
    Payment(11, "encre bleue/40"),
]

EVENTS = [
    Event(45, "insolvency", {"debtor": "moulin", "note": "Redressement judiciaire, jugement d’ouverture publié."}),
    Event(35, "commitment", {"sale": "équinoxe/90", "payments": [(20, 25), (-10, 25), (-40, 25), (-70, 25)],
                             "note": "Échéancier accepté par e-mail : quatre versements mensuels."}),
    Event(29, "on_account", {"debtor": "dujardin", "amount": 2500.0}),
    Event(28, "credit_note", {"sale": "émeraude/69", "share": 30, "reason": "Lames fendues à la livraison"}),
    Event(26, "dispute", {"sale": "ôtaké/72", "note": "Trois plateaux hors cote : avoir demandé."}),
    Event(20, "commitment", {"sale": "castelnau/60", "payments": [(12, 100)], "note": "Promesse au téléphone."}),
    Event(19, "commitment", {"sale": "ribéra/58", "payments": [(8, 100)], "note": "Virement promis par e-mail."}),
    Event(15, "cheque", {"sale": "oriel/50"}),
]  # fmt: skip


def day_of(last_day, ago):
    """Return the working day that lies ``ago`` days before ``last_day``: a Friday rather than a weekend.

    >>> str(day_of(datetime.date(2026, 6, 30), 2))
    '2026-06-26'
    """
    day = last_day - datetime.timedelta(days=ago)
    return day - datetime.timedelta(days=max(0, day.weekday() - 4))
