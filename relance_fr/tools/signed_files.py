"""What stands for a signature: a drawing, the copy of a signed plan. Read by their bytes, never by their names."""

import base64
import binascii
import io
import unicodedata

from odoo.tools.pdf import PdfFileReader
from PIL import Image

from .answer_form import file_type

MAX_DRAWING = 1024 * 1024
MAX_DRAWING_PIXELS = 4_000_000
MAX_COPY = 10 * 1024 * 1024
MAX_COPY_PIXELS = 25_000_000
MAX_COPY_PAGES = 50
#: Ink is what differs from the paper by more than this, of 255 levels of grey.
CONTRAST = 60
#: Less ink, in pixels, or a smaller drawing is a slip of the pen: a dot, a dash.
MIN_INK = 60
MIN_LONG_SIDE = 20
MIN_SHORT_SIDE = 5
MIN_LETTERS = 2
#: Legal forms that are no part of a person's name.
LEGAL_FORMS = frozenset("SAS SASU SARL EURL SNC SCI SCEA SELARL SELAS SCOP GAEC GIE GMBH LTD LLC SPRL SRL".split())
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"


class UnfitFile(ValueError):
    """A file that is not taken; ``reason`` (text) says why, see the callers for what people are told."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def read_base64(value, max_size):
    """Return the bytes of ``value`` (base64, as clients send files).

    :raises UnfitFile: "empty", "size" or "broken"
    """
    if not value:
        raise UnfitFile("empty")
    if isinstance(value, str):
        value = value.encode("ascii", "replace")
    if not isinstance(value, bytes):
        raise UnfitFile("broken")
    if len(value) > max_size * 1.4:
        raise UnfitFile("size")
    try:
        content = base64.b64decode(value.translate(None, b"\r\n"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnfitFile("broken") from error
    if not content:
        raise UnfitFile("empty")
    if len(content) > max_size:
        raise UnfitFile("size")
    return content


def _open_picture(content, max_pixels):
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > max_pixels:
                raise UnfitFile("pixels")
            # Odoo lets PIL take half a picture; whether all of a PNG is there, its checksums tell.
            picture.verify()
        if content.startswith(JPEG_START) and JPEG_END not in content[len(content) // 2 :]:
            raise UnfitFile("broken")
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        # A JPEG decodes smaller, at a fraction of the cost: it is looked at, not kept.
        picture.draft(None, (2000, 2000))
        picture.load()
    except UnfitFile:
        raise
    except Exception as error:
        # A damaged picture raises nearly anything in its decoder.
        raise UnfitFile("broken") from error
    return picture


def check_drawing(content):
    """Raise unless ``content`` is a picture (PNG, JPEG) of a signature: a stroke that differs from its paper.

    :raises UnfitFile: "kind", "pixels", "broken" or "empty"
    """
    kind = file_type(content)
    if not kind or not kind[0].startswith("image/"):
        raise UnfitFile("kind")
    picture = _open_picture(content, MAX_DRAWING_PIXELS).convert("RGBA")
    grey = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("L")
    shades = grey.histogram()
    paper = shades.index(max(shades))
    ink = grey.point([255 if abs(shade - paper) > CONTRAST else 0 for shade in range(256)])
    box = ink.getbbox()
    if not box or ink.histogram()[255] < MIN_INK:
        raise UnfitFile("empty")
    sides = sorted((box[2] - box[0], box[3] - box[1]))
    if sides[0] < MIN_SHORT_SIDE or sides[1] < MIN_LONG_SIDE:
        raise UnfitFile("empty")


def check_copy(content):
    """Return ``(MIME type, extensions)`` of a scanned plan: a PDF that opens, or a picture that decodes.

    :raises UnfitFile: "kind", "locked", "pages", "pixels" or "broken"
    """
    kind = file_type(content)
    if not kind:
        raise UnfitFile("kind")
    if kind[0] != "application/pdf":
        _open_picture(content, MAX_COPY_PIXELS)
        return kind
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        if reader.isEncrypted:
            raise UnfitFile("locked")
        pages = reader.getNumPages()
        if pages > MAX_COPY_PAGES:
            raise UnfitFile("pages")
        for page in range(pages):
            reader.getPage(page)
    except UnfitFile:
        raise
    except Exception as error:
        # A damaged PDF file raises nearly anything in its parser.
        raise UnfitFile("broken") from error
    if not pages:
        raise UnfitFile("broken")
    return kind


def read_words(value, max_length):
    """Return a name or a capacity in one line; "" when it is no text, says nothing or is too long.

    >>> read_words("  Claire   Martin ", 100), read_words(["Claire"], 100), read_words("!!!", 100), read_words("x", 100)
    ('Claire Martin', '', '', '')
    """
    if not isinstance(value, str):
        return ""
    plain = "".join(" " if unicodedata.category(char).startswith(("C", "Z")) else char for char in value)
    words = " ".join(unicodedata.normalize("NFC", plain).split())
    letters = sum(char.isalpha() for char in words)
    return words if letters >= MIN_LETTERS and len(words) <= max_length else ""


def read_amount(value):
    """Return the number typed for a sum of money, None when it is none.

    >>> [read_amount(typed) for typed in ("1 250,50 €", "1,250.50", "EUR 1250", "about 3", "")]
    [1250.5, 1250.5, 1250.0, None, None]
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = value.upper().replace("EUROS", "").replace("EUR", "").replace("€", "")
    text = "".join(char for char in text if not char.isspace() and char not in "'\N{RIGHT SINGLE QUOTATION MARK}")
    last = max(text.rfind(","), text.rfind("."))
    # What is followed by one or two digits separates cents, anything else groups thousands.
    if last >= 0 and len(text) - last - 1 <= 2:
        whole, cents = text[:last], text[last + 1 :]
    else:
        whole, cents = text, ""
    whole = whole.replace(",", "").replace(".", "")
    if not (whole.isascii() and whole.isdigit()) or (cents and not (cents.isascii() and cents.isdigit())):
        return None
    return float(f"{whole}.{cents or 0}")


def same_spelling(one, other):
    """Tell whether two sums are spelled the same, whatever case, accents, hyphens, plurals and the words between.

    >>> same_spelling("mille deux cents euros", "Mille Deux-Cent Euros")
    True
    >>> same_spelling("mille euros", "Deux Mille Euros")
    False
    >>> same_spelling("Vingt et un euros et cinquante centimes", "vingt-et-un euros cinquante")
    True
    """

    def bare(words):
        decomposed = unicodedata.normalize("NFKD", words or "").casefold()
        letters = "".join(char for char in decomposed if not unicodedata.combining(char))
        spaced = "".join(char if char.isalpha() else " " for char in letters)
        kept = [word.removesuffix("s") for word in spaced.split() if word not in ("et", "and", "de", "d")]
        # "cent" is a hundred in French, and what follows the euros in English.
        unit = kept.index("euro") if "euro" in kept else len(kept)
        return kept[:unit] + [word for word in kept[unit:] if word not in ("cent", "centime")]

    return bare(one) == bare(other) != []


def names_company(words):
    """Tell whether a name has the legal form of a company in it: no person has.

    >>> names_company("Charpente du Haut-Doubs SAS"), names_company("Durand S.A.R.L."), names_company("Claire Sasson")
    (True, True, False)
    """
    return any(word.replace(".", "").strip(",()").upper() in LEGAL_FORMS for word in (words or "").split())


def same_words(one, other):
    """Tell whether two names are the same, whatever their case, accents and punctuation.

    >>> same_words("BOULANGERIE Durand, S.A.R.L.", "Boulangerie Durand SARL"), same_words("Claire", "Durand")
    (True, False)
    """

    def bare(words):
        decomposed = unicodedata.normalize("NFKD", words or "")
        return "".join(char for char in decomposed if char.isalnum()).casefold()

    return bare(one) == bare(other) != ""
