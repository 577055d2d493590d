"""What comes from outside, held against what the database and Python can hold: ids, texts, files."""

import binascii
import re
from base64 import b64decode

# The largest id of a record: a column int4.
MAX_ID = 2**31 - 1
# Days outside these years are slips; at the ends of the calendar sums of days fail.
YEARS = range(2000, 2101)


def read_id(text):
    """Return the id that ``text`` gives in plain digits, None when no record can have it.

    >>> read_id("12"), read_id("0"), read_id("-1"), read_id("9" * 5000), read_id("2147483648"), read_id("١٢")
    (12, None, None, None, None, None)
    """
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,10}", text):
        return None
    number = int(text)
    return number if 0 < number <= MAX_ID else None


def is_storable(text):
    r"""Tell whether the database takes ``text``: no NUL, no half of a character.

    >>> is_storable("Reçu"), is_storable("a\x00b"), is_storable("\ud800")
    (True, False, False)
    """
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def read_base64(value):
    """Return the bytes that base64 (text or bytes, lines folded or not) stands for, None when it is no base64.

    >>> read_base64("JVBE"), read_base64(b"JV\\nBE"), read_base64("%%%"), read_base64("é"), read_base64(["JVBE"])
    (b'%PD', b'%PD', None, None, None)
    """
    try:
        content = value.encode("ascii") if isinstance(value, str) else value
        return b64decode(content.translate(None, b"\r\n"), validate=True)
    except (AttributeError, TypeError, UnicodeEncodeError, binascii.Error):
        return None
