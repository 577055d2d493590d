"""The address that an envelope shows: six lines of 38 characters at most (AFNOR NF Z10-011).

What is longer is folded between words, neighbours are put on one line, words are shortened as the post shortens them,
in that order and no more than needed. What still does not fit is said: it is never cut.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from odoo.tools.misc import file_path
from PIL import ImageFont

LINES, COLUMNS = 6, 38
#: Sizes of type, in points, the best first: by halves, which are whole pixels at the zoom of the letters.
SIZES = (10.5, 10, 9.5, 9, 8.5, 8)
#: What the window of an envelope shows of a sheet that slides in it, in millimetres.
WINDOW_WIDTH = 80
#: Reached by the postcode alone: mail between them names no country (971 to 978 are departments or collectivities).
DOMESTIC = frozenset({"FR", "GP", "MQ", "GF", "RE", "PM", "YT", "BL", "MF"})
_POINT = 25.4 / 72
_FONTS = ("web/static/fonts/lato/Lato-Reg-webfont.ttf", "web/static/fonts/lato/Lato-Bol-webfont.ttf")

# Written on the lines above the street: who receives it there, then where in the building.
_ABOVE = re.compile(
    r"(c/o|chez|aux? bons? soins|à l[’']attention|a l[’']attention|attn?\b|service\b|serv\.|b[âa]t(iment)?\b|"
    r"esc(alier)?\b|app(t|artement)?\b|apt\b|porte \d|[ée]tage\b|\d+(er|e|[èe]me)? [ée]tage\b|imm(euble)?\b|"
    r"r[ée]s(idence)?\b|entr[ée]e\b|hall\b|tour\b|pavillon\b|cage\b|lot \w+$)",
    re.IGNORECASE,
)
# Below it: the box, or the place within the commune.
_BELOW = re.compile(r"(b\.?\s?p\.?\s?\d|c\.?\s?s\.?\s?\d|tsa\s?\d|bo[îi]te postale|lieu[- ]?dit\b|ld\b)", re.IGNORECASE)

# As the norm shortens words; names are shortened last.
_SHORT_WORDS = {
    "appartement": "apt", "avenue": "av", "bâtiment": "bât", "batiment": "bat", "boulevard": "bd", "capitaine": "cne",
    "centre commercial": "ccal", "chemin": "che", "colonel": "col", "commandant": "cdt", "docteur": "dr",
    "escalier": "esc", "étage": "etg", "faubourg": "fg", "général": "gal", "immeuble": "imm", "impasse": "imp",
    "lieu-dit": "ld", "lieutenant": "lt", "lotissement": "lot", "maréchal": "mal", "parc d’activités": "PA",
    "parc d'activités": "PA", "passage": "pas", "place": "pl", "président": "pdt", "professeur": "pr",
    "résidence": "rés", "rond-point": "rpt", "route": "rte", "saint": "st", "sainte": "ste", "square": "sq",
    "zone artisanale": "ZA", "zone d’activités": "ZA", "zone d'activités": "ZA", "zone industrielle": "ZI",
}  # fmt: skip
_SHORT_NAMES = {
    "assistance publique - hôpitaux de paris": "AP-HP", "association": "assoc", "centre hospitalier": "CH",
    "centre hospitalier régional universitaire": "CHRU", "centre hospitalier régional": "CHR",
    "centre hospitalier universitaire": "CHU", "communauté d’agglomération": "CA", "communauté d'agglomération": "CA",
    "communauté de communes": "CC", "compagnie": "cie", "département": "dépt", "direction": "dir",
    "établissement d’hébergement pour personnes âgées dépendantes": "EHPAD",
    "établissement d'hébergement pour personnes âgées dépendantes": "EHPAD", "établissements": "ets",
    "groupement": "gpt", "intercommunal": "intercom", "société à responsabilité limitée": "SARL",
    "société anonyme": "SA", "société civile immobilière": "SCI", "société par actions simplifiée": "SAS",
    "société": "sté", "syndicat des copropriétaires": "SDC", "syndicat": "synd",
}  # fmt: skip


class Block(NamedTuple):
    """The lines of an address as they are printed; the first ``names`` of them say who it is.

    ``fits`` is False when they are more than the envelope shows: such a letter does not leave.
    """

    lines: tuple
    names: int
    fits: bool


def fit_address(names, places, towns, country="", french=True):
    """Return the `Block` of an address.

    >>> fit_address(["Menuiserie Lefèvre"], ["12 rue des Lilas", "Bâtiment B"], ["69003 LYON"]).lines
    ('Menuiserie Lefèvre', 'Bâtiment B', '12 rue des Lilas', '69003 LYON')
    >>> block = fit_address(["Syndicat intercommunal des eaux de la vallée de l’Azergues"], ["BP 12"], ["69480 ANSE"])
    >>> block.lines[:2], block.names, block.fits
    (('Syndicat intercommunal des eaux de la', 'vallée de l’Azergues'), 2, True)

    :param names: who receives it, the company first, then the person or the service; empty ones are left out
    :param places: the lines of the address above the town, as they were entered; ``towns``: those of the town
    :param country: the line of the country, for a letter that goes abroad
    :param french: the order of the norm: what is inside the building above the street, boxes below it
    """
    names = _without_doubles([_plain(name) for name in names])
    places = _without_doubles([_plain(line) for line in places], names)
    towns = _without_doubles([_plain(line) for line in towns])
    if french:
        places = _arrange(places)
    tail = [country] if country else []
    tries = (
        lambda: (_fold_all(names), _fold_all([_shortened(line, _SHORT_WORDS) for line in places])),
        lambda: (_fold_all(names), _join(_fold_all([_shortened(line, _SHORT_WORDS) for line in places]))),
        lambda: (
            _fold_all([_shortened(name, _SHORT_NAMES) for name in names]),
            _join(_fold_all([_shortened(line, _SHORT_WORDS) for line in places])),
        ),
        lambda: (
            _join(_fold_all([_shortened(name, {**_SHORT_NAMES, **_SHORT_WORDS}, 0) for name in names])),
            _join(_fold_all(_join([_shortened(line, _SHORT_WORDS, 0) for line in places]))),
        ),
    )
    towns = _fold_all([_shortened(line, _SHORT_WORDS) for line in towns])
    for attempt in tries:
        head, middle = attempt()
        block = (*head, *middle, *towns, *tail)
        if len(block) <= LINES:
            return Block(block, len(head), True)
    return Block(block, len(head), False)


def fold(text, columns=COLUMNS):
    """Return ``text`` in lines of at most ``columns`` characters, cut between words, after a hyphen or, failing that,
    anywhere.

    >>> fold("Centre hospitalier intercommunal de Villeneuve-Saint-Georges")
    ['Centre hospitalier intercommunal de', 'Villeneuve-Saint-Georges']
    >>> fold("51290 ST-RÉMY-EN-BOUZEMONT-ST-GENEST-ET-ISSON")
    ['51290 ST-RÉMY-EN-BOUZEMONT-ST-GENEST-', 'ET-ISSON']
    >>> fold("x" * 40)
    ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'xx']
    """
    lines = []
    while _length(text) > columns:
        head = _first(text, columns)
        cut = head.rfind(" ") if text[len(head)] != " " else len(head)
        if cut < len(head) / 2:
            # A word cut at its hyphen rather than a line almost empty.
            cut = max(cut, *(head.rfind(mark) + 1 for mark in "-/,"))
        if cut <= 0:
            cut = len(head)
        lines.append(text[:cut].rstrip(" ,"))
        text = text[cut:].lstrip(" ,")
    return [*lines, text] if text else lines


def type_size(block):
    """Return the largest of `SIZES` (points) at which every line of ``block`` is as wide as the window at most.

    >>> type_size(Block(("Menuiserie Lefèvre", "69003 LYON"), 1, True))
    10.5
    >>> type_size(Block(("GROUPEMENT HOSPITALIER EDOUARD HERRIOT", "69003 LYON"), 1, True))
    9.5
    >>> type_size(Block(("M" * 38, "69003 LYON"), 1, True))
    8
    """
    for size in SIZES[:-1]:
        # A little to spare: wkhtmltopdf measures text in whole pixels.
        room = 0.98 * WINDOW_WIDTH
        if all(_width(line, size, index < block.names) <= room for index, line in enumerate(block.lines)):
            return size
    return SIZES[-1]


def clean_postcode(postcode, country_code):
    """Return a French postcode without the "F-" that mail from abroad once had.

    >>> clean_postcode("F-75008", "FR"), clean_postcode("F 75008", "FR"), clean_postcode("F-1234", "LU")
    ('75008', '75008', 'F-1234')
    """
    return re.sub(r"^F\s*-?\s*(?=\d{5}$)", "", postcode) if country_code in DOMESTIC else postcode


def _plain(text):
    return " ".join((text or "").split()).strip(" ,")


def _without_doubles(texts, known=()):
    """Return ``texts`` without the empty ones and those that say again what stands above: a street named like its
    company."""
    kept, seen = [], {_key(text) for text in known}
    for text in texts:
        if text and _key(text) not in seen:
            kept.append(text)
            seen.add(_key(text))
    return kept


def _key(text):
    return re.sub(r"\W+", "", text.casefold())


def _arrange(places):
    """Return the lines of a French address in the order of the norm, those of one sort as they were entered."""
    if not any(not _ABOVE.match(line) for line in places):
        return places
    return sorted(places, key=lambda line: 0 if _ABOVE.match(line) else 2 if _BELOW.match(line) else 1)


def _shortened(text, words, columns=COLUMNS):
    """Return ``text`` with its words shortened from the longest on, until it has at most ``columns`` characters."""
    for word in sorted(words, key=len, reverse=True):
        if _length(text) <= columns:
            break
        pattern = rf"(?<![\w’']){re.escape(word)}(?![\w’'])"
        text = re.sub(pattern, lambda found, short=words[word]: _in_case(short, found[0]), text, flags=re.IGNORECASE)
    return text


def _in_case(short, word):
    """Return ``short`` in the letters of the ``word`` it stands for."""
    if word.isupper():
        return short.upper()
    return short[0].upper() + short[1:] if word[0].isupper() else short


def _fold_all(texts):
    return [line for text in texts for line in fold(text)]


def _join(lines):
    """Return ``lines`` with neighbours on one line where they fit there."""
    joined = lines[:1]
    for line in lines[1:]:
        together = f"{joined[-1]}, {line}"
        if _length(together) <= COLUMNS:
            joined[-1] = together
        else:
            joined.append(line)
    return joined


def _length(text):
    """Return the columns of a text: an ideogram takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _first(text, columns):
    """Return as much of the beginning of ``text`` as fits into ``columns``."""
    end = 0
    while end < len(text) and _length(text[: end + 1]) <= columns:
        end += 1
    return text[:end]


def _width(text, size, bold):
    """Return how wide a text is printed, in millimetres."""
    font = _get_font(bold)
    return font.getlength(text) / font.size * size * _POINT


@lru_cache
def _get_font(bold):
    return ImageFont.truetype(file_path(_FONTS[bold]), 200)
