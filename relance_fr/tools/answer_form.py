"""What a debtor types into the forms of the portal, read without a model: sums, days, files."""

import re
from datetime import date

#: Files a debtor may send: what opens without running anything. By their first bytes, never by their names.
SIGNATURES = (
    (b"%PDF-", "application/pdf", (".pdf",)),
    (b"\x89PNG\r\n\x1a\n", "image/png", (".png",)),
    (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")),
)
MAX_FILES = 5
MAX_FILE_SIZE = 5 * 1024 * 1024


def read_amount(text):
    """Return a sum as a float, None when the text is none or could be two.

    >>> read_amount("1 850,50 €"), read_amount("1.850,50"), read_amount("1850.5")
    (1850.5, 1850.5, 1850.5)
    >>> read_amount("1.850"), read_amount("ten"), read_amount("-5"), read_amount("1,5,0")
    (None, None, None, None)
    """
    text = re.sub(r"[\s\u00a0\u202f€]", "", text)
    if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d{1,2}|\d{1,3}(,\d{3})+\.\d{1,2}", text):
        text = re.sub(r"[.,](?=\d{3})", "", text)
    if not re.fullmatch(r"\d{1,12}([.,]\d{1,2})?", text):
        return None
    return float(text.replace(",", "."))


def read_day(text):
    """Return a day written by a browser or by hand (day first), None when it is none.

    >>> read_day("2026-09-30"), read_day("30/09/2026"), read_day("31/09/2026"), read_day("soon")
    (datetime.date(2026, 9, 30), datetime.date(2026, 9, 30), None, None)
    """
    if found := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text, re.ASCII):
        day, month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_number(text):
    """Return a whole number of at most four digits, None when the text is none.

    >>> read_number("3"), read_number("3.5"), read_number("")
    (3, None, None)
    """
    return int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else None


def file_type(content):
    """Return ``(MIME type, extensions)`` of a file that is accepted, None for any other.

    >>> file_type(b"%PDF-1.7 ..."), file_type(b"<html>")
    (('application/pdf', ('.pdf',)), None)
    """
    return next(((mimetype, ends) for start, mimetype, ends in SIGNATURES if content.startswith(start)), None)


def file_name(name, ends):
    """Return the name of a file without folders nor control characters, with an extension of its real type.

    >>> file_name("../../bon de livraison.PDF", (".pdf",)), file_name("virus.exe", (".pdf",))
    ('bon de livraison.PDF', 'virus.exe.pdf')
    """
    name = re.split(r"[/\\]", name or "")[-1]
    name = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]", "_", name).strip(" .")[-100:] or "file"
    return name if name.lower().endswith(ends) else name + ends[0]
