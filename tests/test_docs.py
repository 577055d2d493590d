"""What the documentation names in backticks exists: files, models, methods, fields. No database, no Odoo.

``docs/decisions.md`` is not read: a history may name what is gone.
"""

import ast
import functools
import re
import subprocess
from collections import defaultdict

from dev.paths import ADDON, ROOT
from support import house

PAGES = (
    "README.md",
    "dev/README.md",
    "docs/architecture.md",
    "docs/faults.md",
    "docs/guide.md",
    "docs/register.md",
)
#: What is read to know which names there are.
SOURCES = {".py", ".xml", ".js", ".csv", ".sql", ".toml"}

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_CODE = re.compile(r"^```.*?^```$|`([^`\n]+)`", re.S | re.M)
_FILE = re.compile(r"(?<![\w*<>.])[\w./-]+\.(?:py|md|xml|js|csv|sql|lock|in)\b(?![\w*<(])")
_FOLDER = re.compile(r"(?<![\w*<>.:/])(?:[a-z_0-9]+/)+(?=$|[\s,)])")
_MODEL = re.compile(r"\b(?:relance|account|res|mail|ir)\.[a-z_]+(?:\.[a-z_]+)*(?!\w|\.<)")
_METHOD = re.compile(r"(?<![\w.<>/*])_[a-z]\w+(?![\w*<])")
_NAME = re.compile(r"(?<![\w*<>-])[A-Za-z]\w*_\w+(?![\w*<>])")


@functools.cache
def files():
    """Return the paths of the checkout's files from its root, those not committed yet too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return frozenset(name for name in listed if (ROOT / name).is_file())


@functools.cache
def endings():
    """Return the ends of these paths, whole names: what a page may call a file or, with a slash behind, a folder."""
    found = set()
    for name in files():
        parts = name.split("/")
        for start in range(len(parts)):
            found.add("/".join(parts[start:]))
            found |= {"/".join(parts[start:end]) + "/" for end in range(start + 1, len(parts))}
    return found


@functools.cache
def words():
    """Return the words with an underscore in the sources, file names among them; this file is none of them."""
    found = set()
    for name in files():
        path = ROOT / name
        if path.suffix in SOURCES and path.name != "test_docs.py":
            found |= set(re.findall(r"\w*_\w+", path.read_text(encoding="utf-8")))
        found |= set(re.findall(r"\w*_\w+", name))
    return found


@functools.cache
def defined():
    """Return ``{model: names}`` that its classes in the addon define; core's models have more."""
    found = defaultdict(set)
    for path in sorted(ADDON.rglob("*.py")):
        if "tests" in path.relative_to(ADDON).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                values, names = {}, set()
                for item in node.body:
                    if isinstance(item, ast.FunctionDef):
                        names.add(item.name)
                    elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
                        names.add(item.targets[0].id)
                        values[item.targets[0].id] = item.value
                model = values.get("_name", values.get("_inherit"))
                if isinstance(model, ast.Constant):
                    found[model.value] |= names
    return found


@functools.cache
def methods():
    """Return the names of all these."""
    return frozenset().union(*defined().values())


def texts(page):
    """Yield what stands in backticks on a page, with its line; blocks of code are left out."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in _CODE.finditer(text):
        if match[1]:
            yield text.count("\n", 0, match.start()) + 1, match[1]


def missing(text):
    """Return the names in ``text`` that are not in the tree."""
    named = _FILE.findall(text) + _FOLDER.findall(text)
    gone = [name for name in named if name.removeprefix("./").removeprefix("../") not in endings()]
    gone += [name for name in _MODEL.findall(text) if not _is_model(name)]
    gone += [name for name in _METHOD.findall(text) if name not in methods()]
    rest = _FILE.sub(" ", text)
    gone += [name for name in _NAME.findall(rest) if name not in words()]
    return gone


def _is_model(name):
    """Tell whether ``name`` is a model of the addon, or one of its own fields or methods."""
    if name in defined():
        return True
    model, _dot, member = name.rpartition(".")
    core = model.startswith(("account.", "res.", "mail.", "ir."))
    return member in defined().get(model, ()) or (core and "relance" not in member and not member.startswith("_"))


def test_what_the_pages_name_exists():
    found = [f"{page}:{line}: {name}" for page in PAGES for line, text in texts(page) for name in missing(text)]
    assert not found, f"{'; '.join(found)}: named in the documentation, not in the tree; write today's name"


def test_links_lead_somewhere():
    dead = [
        f"{page}: {link}"
        for page in PAGES
        for link in _LINK.findall((ROOT / page).read_text(encoding="utf-8"))
        if not (ROOT / page).parent.joinpath(link).exists()
    ]
    assert not dead, f"{'; '.join(dead)}: no such file"


def test_the_page_tells_the_storeys_in_their_order():
    """The table of storeys is that of ``models/__init__.py``, and its files stand in their storey."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.partition("### The storeys")[2].partition("\n###")[0]
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == house.storeys()
    lost = [
        f"{storey}/{name}"
        for storey, name in ((row[0].strip(" `"), name) for row in rows for name in _FILE.findall(row[2]))
        if not (house.MODELS / storey / name).is_file()
    ]
    assert not lost, f"{', '.join(lost)}: not in that storey"


def test_a_name_that_is_gone_is_found():
    assert missing("relance.notice._seal(commit)") == []
    assert missing("relance.notice.portal_token") == []
    assert missing("`relance_fr/tests/stories/` and `law/accrual.py`") == []
    assert missing("relance.notice._unseal(commit)") == ["relance.notice._unseal"]
    assert missing("relance.motor") == ["relance.motor"]
    assert missing("_melt_the_seal") == ["_melt_the_seal"]
    assert missing("law/nowhere.py") == ["law/nowhere.py"]
    assert missing("relance_fr/tests/nowhere/") == ["relance_fr/tests/nowhere/"]
    assert missing("relance_wax_colour") == ["relance_wax_colour"]
