"""Read the CSV file in which a carrier or a provider of registered letters says what became of them.

>>> table = read("N° de suivi;Distribué le;Motif\\r\\n1A 234;03/07/2026 10:12;\\r\\n".encode("cp1252"))
>>> table.columns
('tracking_number', 'received_date', 'return_reason')
>>> table.rows[0].values["received_date"], table.rows[0].line
(datetime.date(2026, 7, 3), 2)
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

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
DATES = ("posted_date", "presented_date", "received_date", "returned_date")
DATE_FORMATS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y/%m/%d", "%Y%m%d")
TIME = re.compile(r"\s+(?:[àa]\s+)?\d{1,2}\s*[:hH]\s*\d{2}(?:[:mM]\d{2}(?:[.,]\d+)?)?\s*s?$")
# The first pattern found in the text of a reason says which one it is.
REASONS = (
    ("refused", r"refus"),
    ("unclaimed", r"reclam|non retire|not collected|unclaimed|not called for|uncollected"),
    ("unknown", r"npai|pnd|inconnu|n habite|adress|parti sans|unknown|moved|gone away"),
)
HEADER_SEARCH = 20
MAX_ROWS = 50_000


class TrackingFileError(Exception):
    """A file that cannot be read as a whole; ``code`` is ``empty``, ``not_csv``, ``no_header`` or ``too_long``."""

    def __init__(self, code):
        self.code = code
        super().__init__(code)


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

    :raises TrackingFileError: when it is no such file
    """
    text = _decode(content)
    if not text.strip():
        raise TrackingFileError("empty")
    delimiter, start, columns = _find_header(text)
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for rank, cells in enumerate(reader):
            if rank > start and any(cell.strip() for cell in cells):
                rows.append(_read_row(reader.line_num, columns, cells))
            if len(rows) > MAX_ROWS:
                raise TrackingFileError("too_long")
    except csv.Error as error:
        raise TrackingFileError("not_csv") from error
    if not rows:
        raise TrackingFileError("empty")
    return Table(tuple(name for name in columns if name), rows)


def normalize(number):
    """Return a number as it is compared: letters and digits only.

    >>> normalize("1a 234-567"), normalize("RLF/2026/00012")
    ('1A234567', 'RLF202600012')
    """
    return "".join(char for char in number.upper() if char.isascii() and char.isalnum())


def _decode(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    elif content[:2] == b"PK" or b"\x00" in content[:4096]:
        raise TrackingFileError("not_csv")
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TrackingFileError("not_csv")


def _find_header(text):
    """Return the separator, the rank of the line of titles and the field of each column (or None).

    The separator is the one with which most titles are known: a sample of few short lines tells less.
    """
    best = (0, ";", 0, [])
    for delimiter in (";", ",", "\t"):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            for rank, cells in zip(range(HEADER_SEARCH), reader, strict=False):
                columns = _name_columns(cells)
                known = sum(name is not None for name in columns)
                if known > best[0]:
                    best = (known, delimiter, rank, columns)
        except csv.Error:
            continue
    known, delimiter, rank, columns = best
    if known < 2 or not {"number", "tracking_number"} & set(columns):
        raise TrackingFileError("no_header")
    return delimiter, rank, columns


def _name_columns(titles):
    """Return the field of each title; the first of two columns with the same meaning counts."""
    fields = {title: name for name, synonyms in HEADERS.items() for title in synonyms}
    columns = []
    for title in titles:
        name = fields.get(_simplify(title))
        columns.append(name if name not in columns else None)
    return columns


def _simplify(text):
    """Return a text in lower case, without accents, its punctuation as single spaces."""
    text = re.sub(r"[°º’]", " ", text)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


def _read_row(line, columns, cells):
    values, unreadable = {}, {}
    for name, cell in zip(columns, cells, strict=False):
        if not name:
            continue
        cell = _clean(cell)
        if name in DATES:
            values[name] = _read_date(cell) if cell else None
            if cell and not values[name]:
                unreadable[name] = cell
        elif name == "return_reason":
            values[name] = _read_reason(cell) if cell else None
        else:
            values[name] = cell
    return Row(line, values, unreadable)


def _clean(cell):
    """Return a cell without the blanks and the ``="..."`` by which spreadsheets keep a number a text."""
    cell = cell.replace("\N{NO-BREAK SPACE}", " ").strip()
    match = re.fullmatch(r'="(.*)"|\'(.*)', cell)
    return (match[1] or match[2] or "").strip() if match else cell


def _read_date(cell):
    """Return the day of a cell, or None.

    >>> _read_date("2026-07-03T10:12:00+02:00"), _read_date("03/07/2026 10h12"), _read_date("31/02/2026")
    (datetime.date(2026, 7, 3), datetime.date(2026, 7, 3), None)
    """
    try:
        return datetime.fromisoformat(cell).date()
    except ValueError:
        cell = TIME.sub("", cell)
    for known in DATE_FORMATS:
        try:
            return datetime.strptime(cell, known).date()
        except ValueError:
            continue
    return None


def _read_reason(cell):
    """Return why a letter came back.

    >>> _read_reason("Pli avisé et non réclamé"), _read_reason("N'habite pas à l'adresse indiquée"), _read_reason("X")
    ('unclaimed', 'unknown', 'other')
    """
    text = _simplify(cell)
    return next((reason for reason, pattern in REASONS if re.search(pattern, text)), "other")
