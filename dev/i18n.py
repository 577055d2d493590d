"""The translations: what Odoo exports must be what is committed, and French must be complete.

``make i18n`` writes ``relance_fr.pot`` anew and merges it into ``fr.po``; ``make lint`` only compares.
"""

import os
import tempfile
from pathlib import Path

import polib

from . import databases, launcher
from .console import SetupError, say
from .paths import ADDON, DATABASE_PREFIX

POT = ADDON / "i18n" / f"{ADDON.name}.pot"
FRENCH = ADDON / "i18n" / "fr.po"


def main(_arguments):
    """Write the template anew, merge it into the French file, and say what is left to translate."""
    template = _exported()
    POT.parent.mkdir(exist_ok=True)
    if not POT.exists() or _entries(template) != _entries(polib.pofile(str(POT))):
        template.save(str(POT))
    french = polib.pofile(str(FRENCH), wrapwidth=78) if FRENCH.exists() else _new_french(template)
    french.merge(template)
    for entry in french.obsolete_entries():
        french.remove(entry)
    french.save(str(FRENCH))
    left = f"{len(french.untranslated_entries())} untranslated, {len(french.fuzzy_entries())} fuzzy"
    say(f"{len(template)} terms, {left}")


def problems():
    """Return one line for each fault: template out of date, term without translation, placeholder lost."""
    if not POT.exists() or not FRENCH.exists():
        return [f"no {(POT if not POT.exists() else FRENCH).name} in {POT.parent.name}/; run make i18n"]
    committed, exported = _entries(polib.pofile(str(POT))), _entries(_exported())
    found = []
    if committed != exported:
        changed = sorted(committed.keys() ^ exported.keys()) or ["where terms are used"]
        found.append(f"{POT.name} is out of date ({len(changed)}: {changed[0][:60]!r}...); run make i18n")
    french = polib.pofile(str(FRENCH))
    found += [f"fr.po: not translated: {entry.msgid!r}" for entry in french.untranslated_entries()]
    found += [f"fr.po: fuzzy: {entry.msgid!r}" for entry in french.fuzzy_entries()]
    missing = committed.keys() - {entry.msgid for entry in french}
    return found + [f"fr.po: absent: {term!r}; run make i18n" for term in sorted(missing)]


def _exported():
    """Return the terms as Odoo exports them from a database with the addon installed."""
    name = f"{DATABASE_PREFIX}i18n_{os.getpid()}"
    databases.drop(name)
    databases.create(name)
    with tempfile.TemporaryDirectory() as folder:
        target, log = Path(folder, f"{ADDON.name}.pot"), Path(folder, "log")
        try:
            launcher.call("i18n", "export", "-d", name, "-o", target, ADDON.name, log=log)
        finally:
            databases.drop(name)
        if not target.exists():
            reason = log.read_text(encoding="utf-8").strip()[-300:]
            raise SetupError(f"Odoo exported no translation: {reason}")
        return polib.pofile(str(target), wrapwidth=78)


def _entries(catalogue):
    """Return the terms with where they are used, without what changes at each export (dates, order)."""
    return {entry.msgid: (sorted(entry.occurrences), entry.comment) for entry in catalogue}


def _new_french(template):
    french = polib.POFile(wrapwidth=78)
    french.metadata = {**template.metadata, "Language": "fr", "Plural-Forms": "nplurals=2; plural=(n > 1);"}
    return french
