"""Read the CSV files people export from spreadsheets, whatever their encoding, separator and spelling of titles.

>>> headers = {"invoice": ("facture", "n de facture"), "date": ("date",)}
>>> [row.values for row in read_table("N° de facture;Date\\r\\nFAC/1;03/07/2026\\r\\n".encode("cp1252"), headers)]
[{'invoice': 'FAC/1', 'date': '03/07/2026'}]
>>> read_day("03/07/2026"), read_day("2026-07-03"), read_day("31/02/2026")
(datetime.date(2026, 7, 3), datetime.date(2026, 7, 3), None)
"""

import csv
import io
import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

from .inputs import is_storable

# An hour behind a day: "10:12", "à 10h12", "10 h 12".
TIME = re.compile(r"\s+(?:[àa]\s+)?\d{1,2}\s*[:hH]\s*\d{2}(?:[:mM]\d{2}(?:[.,]\d+)?)?\s*s?$")
DAY_FORMATS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y/%m/%d", "%Y%m%d")
# How far down the titles may be: some exports begin with lines about themselves.
TITLE_SEARCH = 20
MAX_ROWS = 50_000


class TableError(Exception):
    """A file that cannot be read as a whole; ``code`` is ``empty``, ``not_csv``, ``no_header`` or ``too_long``."""

    def __init__(self, code):
        self.code = code
        super().__init__(code)


class Row(NamedTuple):
    """One line of the file: its number as an editor shows it, and the text of its known columns."""

    line: int
    values: dict


def read_table(content, headers):
    """Return the rows of a file given as bytes, empty lines left out.

    :param headers: ``{column: titles it may have}``, simplified (see `simplify`)
    :raises TableError: when it is no such file: no line has two known titles, or nothing follows
    """
    text = _decode(content)
    if not text.strip():
        raise TableError("empty")
    delimiter, start, columns = _find_titles(text, headers)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for rank, cells in enumerate(reader):
            if rank > start and any(cell.strip() for cell in cells):
                values = {name: clean(cell) for name, cell in zip(columns, cells, strict=False) if name}
                rows.append(Row(reader.line_num, dict.fromkeys(filter(None, columns), "") | values))
            if len(rows) > MAX_ROWS:
                raise TableError("too_long")
    except csv.Error as error:
        raise TableError("not_csv") from error
    if not rows:
        raise TableError("empty")
    return rows


def simplify(text):
    """Return a text in lower case, without accents, its punctuation as single spaces.

    >>> simplify("N° de  Facture :")
    'n de facture'
    """
    text = re.sub(r"[°º’]", " ", text)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


def clean(cell):
    """Return a cell without the blanks and the ``="..."`` or ``'`` by which spreadsheets keep a number a text.

    >>> clean('="00012"'), clean(" FAC/1 "), clean("'00012")
    ('00012', 'FAC/1', '00012')
    """
    cell = cell.replace("\N{NO-BREAK SPACE}", " ").strip()
    match = re.fullmatch(r'="(.*)"|\'(.*)', cell)
    return (match[1] or match[2] or "").strip() if match else cell


def read_day(cell):
    """Return the day a cell gives, its hour aside, or None.

    >>> read_day("2026-07-03T10:12:00+02:00"), read_day("03/07/2026 10h12"), read_day("03/07/2026 demain")
    (datetime.date(2026, 7, 3), datetime.date(2026, 7, 3), None)
    """
    try:
        return datetime.fromisoformat(cell.strip()).date()
    except ValueError:
        day = TIME.sub("", cell.strip())
    for known in DAY_FORMATS:
        try:
            return datetime.strptime(day, known).date()
        except ValueError:
            continue
    return None


def _decode(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    elif content[:2] == b"PK" or b"\x00" in content[:4096]:
        raise TableError("not_csv")
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Further down than the first look went, or in two bytes: no database holds it.
        if is_storable(text):
            return text
    raise TableError("not_csv")


def _find_titles(text, headers):
    """Return the separator, the rank of the line of titles and the column of each title (or None).

    The separator is the one with which most titles are known: a sample of few short lines tells less.
    """
    names = {title: name for name, titles in headers.items() for title in titles}
    best = (0, ";", 0, [])
    for delimiter in (";", ",", "\t", "|"):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            for rank, cells in zip(range(TITLE_SEARCH), reader, strict=False):
                columns = []
                for cell in cells:
                    name = names.get(simplify(cell))
                    columns.append(name if name not in columns else None)
                known = sum(name is not None for name in columns)
                if known > best[0]:
                    best = (known, delimiter, rank, columns)
        except csv.Error:
            continue
    known, delimiter, rank, columns = best
    if known < 2:
        raise TableError("no_header")
    return delimiter, rank, columns
