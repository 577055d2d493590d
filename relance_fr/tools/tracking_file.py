"""Read the CSV file in which a carrier or a provider of registered letters says what became of them.

>>> table = read("N° de suivi;Distribué le;Motif\\r\\n1A 234;03/07/2026 10:12;\\r\\n".encode("cp1252"))
>>> table.columns
('tracking_number', 'received_date', 'return_reason')
>>> table.rows[0].values["received_date"], table.rows[0].line
(datetime.date(2026, 7, 3), 2)
"""

import re
from dataclasses import dataclass, field

from .channels import DELIVERY_DATES
from .csv_table import TableError, read_day, read_table, simplify

# What each column is called, accents and punctuation aside.
HEADERS = {
    "number": (
        "reference", "ref", "votre reference", "reference client", "reference expediteur", "reference interne",
        "n de registre", "no de registre", "numero de registre", "registre", "numero", "n de relance",
        "numero de relance", "register number", "register no", "customer reference", "sender reference",
        "your reference",
    ),
    "tracking_number": (
        "n de suivi", "no de suivi", "numero de suivi", "suivi", "numero d envoi", "n d envoi", "n de recommande",
        "numero de recommande", "numero lrar", "numero de lrar", "n lrar", "n lr", "numero lr", "code barres",
        "code a barres", "identifiant de suivi", "tracking number", "tracking no", "tracking", "tracking id",
        "registered number", "item number", "barcode",
    ),
    "posted_date": (
        "date d envoi", "envoye le", "date de depot", "depose le", "poste le", "date de prise en charge",
        "prise en charge", "date d expedition", "expedie le", "posted on", "posted", "date posted", "sent on",
        "sent date", "posting date", "shipping date", "mailed on",
    ),
    "presented_date": (
        "presente le", "presentation", "date de presentation", "premiere presentation", "date de premiere presentation",
        "1re presentation", "1ere presentation", "date de 1ere presentation", "date de 1re presentation", "avise",
        "avise le", "date d avis", "date d avis de passage", "avis de passage", "avis de passage le", "presented on",
        "presented", "first presented on", "first presentation", "date presented", "attempted on",
        "first attempt", "notice left on",
    ),
    "received_date": (
        "distribue le", "distribution", "date de distribution", "recu le", "date de reception", "remis le",
        "date de remise", "livre le", "date de livraison", "ar signe le", "delivered on", "delivered", "delivery date",
        "date delivered", "received on", "received", "signed on",
    ),
    "returned_date": (
        "retour", "retourne le", "date de retour", "retour expediteur", "retour a l expediteur", "renvoye le",
        "returned on", "returned", "return date", "date returned", "returned to sender",
    ),
    "return_reason": (
        "motif", "motif de retour", "motif du retour", "motif de non distribution", "motif de non remise", "raison",
        "cause de retour", "reason", "return reason", "reason for return", "non delivery reason",
    ),
}  # fmt: skip
# The first pattern found in the text of a reason says which one it is.
REASONS = (
    ("refused", r"refus"),
    ("unclaimed", r"reclam|non retire|not collected|unclaimed|not called for|uncollected"),
    ("unknown", r"npai|pnd|inconnu|n habite|adress|parti sans|unknown|moved|gone away"),
)


@dataclass(frozen=True)
class Row:
    """One line of the file: its number, its known columns (dates read), and the dates nobody can read."""

    line: int
    values: dict
    unreadable: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """The known columns of a file, in its order, and its rows."""

    columns: tuple
    rows: list


def read(content):
    """Return the `Table` of a file given as bytes, whatever its encoding and separator.

    :raises TableError: when it is no such file, or names no letter
    """
    rows = read_table(content, HEADERS)
    columns = tuple(rows[0].values)
    if not {"number", "tracking_number"} & set(columns):
        raise TableError("no_header")
    return Table(columns, [_read_row(row) for row in rows])


def normalize(number):
    """Return a number as it is compared: letters and digits only.

    >>> normalize("1a 234-567"), normalize("RLF/2026/00012")
    ('1A234567', 'RLF202600012')
    """
    return "".join(char for char in number.upper() if char.isascii() and char.isalnum())


def _read_row(row):
    values, unreadable = {}, {}
    for name, cell in row.values.items():
        if name in DELIVERY_DATES:
            values[name] = read_day(cell) if cell else None
            if cell and not values[name]:
                unreadable[name] = cell
        elif name == "return_reason":
            values[name] = _read_reason(cell) if cell else None
        else:
            values[name] = cell
    return Row(row.line, values, unreadable)


def _read_reason(cell):
    """Return why a letter came back.

    >>> _read_reason("Pli avisé et non réclamé"), _read_reason("N'habite pas à l'adresse indiquée"), _read_reason("X")
    ('unclaimed', 'unknown', 'other')
    """
    text = simplify(cell)
    return next((reason for reason, pattern in REASONS if re.search(pattern, text)), "other")
