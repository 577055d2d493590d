"""Read the addon's tree: which class stands in which file of which storey, and which views it has. No Odoo needed."""

import ast
import functools
import io
import re
import tokenize
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ADDON = Path(__file__).resolve().parents[2] / "relance_fr"
MODELS = ADDON / "models"

_BASES = {"Model", "AbstractModel", "TransientModel"}
_STATE_UPDATE = re.compile(r"UPDATE\s+relance_notice(?:_line)?\b(?:(?!WHERE|RETURNING|UPDATE).)*\bstate\s*=", re.S)
_RECORD_OF = re.compile(r"""env\[["'](relance\.[a-z.]+)["']\]""")


class Piece(NamedTuple):
    """One class of a model: the file it stands in, and what it defines there.

    ``opens`` tells that the model begins here (it has no other ``_inherit`` of the same name); ``kind`` is the base
    class; ``fields`` counts its fields; ``methods`` are the methods it defines, ``names`` its fields and attributes.
    """

    file: str
    storey: str
    model: str
    kind: str
    opens: bool
    fields: int
    methods: tuple
    names: tuple


@functools.cache
def pieces():
    """Return the classes of models below ``models/``, in the order of the files' names."""
    return tuple(piece for path in sorted(MODELS.rglob("*.py")) for piece in _read(path))


@functools.cache
def parsed(path):
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def storey_of(path):
    """Return the storey of a file: the folder of ``models/`` it stands in, ``""`` for none yet."""
    parts = path.relative_to(MODELS).parts
    return parts[0] if len(parts) > 1 else ""


def storeys():
    """Return the storeys in the order ``models/__init__.py`` imports them, from the ground up."""
    tree = ast.parse((MODELS / "__init__.py").read_text(encoding="utf-8"))
    names = [name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names]
    return [name for name in names if (MODELS / name).is_dir()]


def files():
    """Return the files of models, without those that only import."""
    return [path for path in sorted(MODELS.rglob("*.py")) if path.name != "__init__.py"]


def used_models(path):
    """Return the names of our models that a file asks the environment for."""
    return set(_RECORD_OF.findall(path.read_text(encoding="utf-8")))


def grouped(key):
    """Return the pieces by ``key(piece)``."""
    groups = defaultdict(list)
    for piece in pieces():
        groups[key(piece)].append(piece)
    return groups


def state_writers():
    """Return the functions that change the state of notices or their lines past the ORM, as ``file: function``.

    By SQL, or by rows with a state handed to ``_update_rows``. The simulator's tables in ``pg_temp`` are no notices.
    """
    found = set()
    for path in sorted(ADDON.rglob("*.py")):
        if {"tests", "migrations"} & set(path.relative_to(ADDON).parts):
            continue
        tree = parsed(path)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        found |= {f"{path.relative_to(ADDON)}: {node.name}" for node in functions if _writes_state(node)}
    return found


def _writes_state(function):
    nodes = list(ast.walk(function))
    if any(_STATE_UPDATE.search(node.value) for node in nodes if _is_text(node)):
        return True
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    updates = [call for call in calls if call.func.attr == "_update_rows"]
    if not any(_is_text(call.args[0]) and call.args[0].value.startswith("relance.notice") for call in updates):
        return False
    # What the ORM writes on the e-mails of notices is another matter.
    written = {argument for call in calls if call.func.attr == "write" for argument in call.args}
    rows = [node for node in nodes if isinstance(node, ast.Dict) and node not in written]
    return any(_is_text(key) and key.value == "state" for row in rows for key in row.keys)


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def own_view_extensions():
    """Return the ids of the addon's views that extend a view of the addon."""
    found = set()
    for _path, root in _data_files():
        for node in root.iter():
            if node.tag == "template" and _is_own(node.get("inherit_id")):
                found.add(node.get("id"))
            elif node.tag == "record" and node.get("model") == "ir.ui.view":
                if any(field.get("name") == "inherit_id" and _is_own(field.get("ref")) for field in node):
                    found.add(node.get("id"))
    return found


def files_with(model):
    """Return the data files that hold records of a model, as paths below the addon."""
    return {
        path.relative_to(ADDON).as_posix()
        for path, root in _data_files()
        if any(node.get("model") == model for node in root.iter("record"))
    }


def viewed_models():
    """Return the models whose views each file holds: ``{path below the addon: models}``."""
    found = defaultdict(set)
    for path, root in _data_files():
        for node in root.iter("record"):
            if node.get("model") == "ir.ui.view":
                models = {field.text for field in node if field.get("name") == "model"}
                found[path.relative_to(ADDON).as_posix()] |= models
    return found


def _data_files():
    """Yield the data files with their roots; the templates of the browser are none."""
    for path in sorted(ADDON.rglob("*.xml")):
        if "static" not in path.parts:
            yield path, ElementTree.parse(path).getroot()


def _is_own(reference):
    return bool(reference) and ("." not in reference or reference.startswith(f"{ADDON.name}."))


def _read(path):
    for node in parsed(path).body:
        if isinstance(node, ast.ClassDef) and (piece := _read_class(node, path)):
            yield piece


def _read_class(node, path):
    """Return the ``Piece`` of a class of a model, None of another class."""
    kind = next((base.attr for base in node.bases if isinstance(base, ast.Attribute)), "")
    if kind not in _BASES:
        return None
    values = {
        statement.targets[0].id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    name = ast.literal_eval(values["_name"]) if "_name" in values else None
    inherits = ast.literal_eval(values["_inherit"]) if "_inherit" in values else []
    inherits = [inherits] if isinstance(inherits, str) else list(inherits)
    return Piece(
        file=path.relative_to(MODELS).as_posix(),
        storey=storey_of(path),
        model=name or (inherits[0] if inherits else ""),
        kind=kind,
        opens=bool(name) and name not in inherits,
        fields=sum(map(_is_field, values.values())),
        methods=tuple(item.name for item in node.body if isinstance(item, ast.FunctionDef)),
        names=tuple(key for key in values if key not in ("_name", "_inherit")),
    )


def _is_field(value):
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id == "fields"
    )


# === SETTINGS OF COMPANIES === #

SETTING_FILES = ("res_company", "res_config_settings")


@functools.cache
def setting_names():
    """Return the fields of ``res.company``, and those of them that another model has as well."""
    company, others = set(), set()
    for path in files():
        names = set(re.findall(r"^    (relance_\w+) = ", path.read_text(encoding="utf-8"), re.MULTILINE))
        if path.stem.startswith("res_company"):
            company |= names
        elif not path.stem.startswith("res_config_settings"):
            others |= names
    return frozenset(company), frozenset(company & others)


def setting_reads():
    """Return ``file: setting`` where Python reads a setting of a company other than by ``_get_relance_setting``.

    A name that another model has as well counts where it is read of what is called a company.
    """
    return {
        f"{path.name}: {name}"
        for path in sorted(ADDON.rglob("*.py"))
        # Migrations come before the settings can be read.
        if not {"tests", "migrations"} & set(path.parts) and not path.stem.startswith(SETTING_FILES)
        for name in _read_settings(parsed(path))
    }


def _read_settings(tree):
    names, shared = setting_names()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            if node.attr not in shared or "compan" in ast.unparse(node.value):
                yield node.attr
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.JoinedStr):
            # Also a name put together, as company[f"relance_odds_{age}"].
            key, owner = ast.unparse(node.slice), ast.unparse(node.value)
            if "relance_" in key and "compan" in owner and not owner.endswith("_fields"):
                yield key.strip("'")
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("mapped", "filtered", "read"):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and argument.value in names - shared:
                    yield argument.value
        elif isinstance(node, ast.Tuple) and len(node.elts) == 3 and isinstance(node.elts[0], ast.Constant):
            # A condition of a domain has no name in its middle.
            name, middle = str(node.elts[0].value), ast.unparse(node.elts[1])
            if (
                "relance_" not in middle
                and name.rpartition(".")[2] in names
                and ("compan" in name or name not in shared)
            ):
                yield name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "res_company" in node.value:
            yield from set(re.findall(r"\brelance_\w+", node.value)) & names


# === SUDO === #


def bare_sudos():
    """Return ``file: source of the call`` of each ``sudo()`` without its reason beside it.

    The reason is a comment on the line of the call or of its statement, or right above one of them; a record that is
    called ``..._sudo`` says itself what it is.
    """
    return [
        f"{path.name}: {ast.unparse(node)}"
        for path in sorted(ADDON.rglob("*.py"))
        if "tests" not in path.parts and ".sudo()" in (text := path.read_text(encoding="utf-8"))
        for node in _read_bare_sudos(text)
    ]


def _read_bare_sudos(text):
    comments = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and "# ===" not in token.string
    }
    for statement, calls in _sudos_by_statement(ast.parse(text)):
        for call in calls:
            lines = {statement.lineno - 1, statement.lineno, call.end_lineno - 1, call.end_lineno}
            if not lines & comments and not _is_named_sudo(statement, call):
                yield call


def _sudos_by_statement(node, statement=None):
    """Yield the smallest statement around each ``sudo()``, with those calls."""
    calls = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _sudos_by_statement(child, child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _sudos_by_statement(child, statement)
        else:
            calls += [each for each in ast.walk(child) if _is_sudo(each)]
    if calls:
        yield statement, calls


def _is_sudo(node):
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "sudo" and not node.args


def _is_named_sudo(statement, call):
    """Tell whether what ``call`` gives is bound to a name in ``_sudo``."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.For | ast.comprehension):
            targets, value = [node.target], node.iter
        else:
            continue
        names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        if any(name.endswith("_sudo") for name in names) and value and call in ast.walk(value):
            return True
    return False


def load_order():
    """Return the files of models as the addon imports them, storey by storey."""
    return [
        f"{storey}/{name}.py"
        for storey in storeys()
        for name in re.findall(r"^from \. import (\w+)", (MODELS / storey / "__init__.py").read_text("utf-8"), re.M)
    ]


def openers():
    """Return the files that begin a model."""
    return {piece.file for piece in pieces() if piece.opens}


def resolved(order):
    """Return ``{model.name: file}`` of each method and field: the last file of ``order`` that defines it."""
    by_file = grouped(lambda piece: piece.file)
    return {
        f"{piece.model}.{name}": file
        for file in order
        for piece in by_file[file]
        for name in (*piece.methods, *piece.names)
    }


def method_storeys():
    """Return ``{name of a private method: storeys that define it}``."""
    found = defaultdict(set)
    for piece in pieces():
        for name in piece.methods:
            found[name].add(piece.storey)
    return found


def used_methods(path):
    """Return the private names that a file asks of something."""
    tree = parsed(path)
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("_")}


def imported_storeys(path):
    """Return the other storeys a file imports from."""
    tree = parsed(path)
    names = {
        node.module.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module
    }
    return names & set(storeys())


def first_arguments():
    """Return ``(model, method, name of its first argument)`` of the methods that have one."""
    found = []
    for path in files():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and (piece := _read_class(node, path)):
                found += [
                    (piece.model, item.name, item.args.args[1].arg)
                    for item in node.body
                    if isinstance(item, ast.FunctionDef) and len(item.args.args) > 1
                ]
    return found


def test_files():
    """Return the files of the addon's tests."""
    return sorted((ADDON / "tests").rglob("test_*.py"))


def loaded_tests():
    """Return the names of the modules of tests that ``tests/__init__.py`` imports."""
    tree = ast.parse((ADDON / "tests/__init__.py").read_text(encoding="utf-8"))
    return {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
