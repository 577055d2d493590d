"""The package as a whole: its examples hold, it needs nothing of Odoo, and it never uses floats."""

import ast
import doctest
import importlib
import sys
from pathlib import Path

import law
import pytest

MODULES = sorted(path.stem for path in Path(law.__file__).parent.glob("*.py") if path.stem != "__init__")
PURE = {"__future__", "calendar", "collections", "datetime", "decimal", "enum", "functools", "typing"}
# The one library: it computes the days of the calendar, nothing of the law of late payment.
LIBRARIES = {"holidays": {"holidays"}}


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_docstrings(name):
    results = doctest.testmod(importlib.import_module(f"law.{name}"))
    assert results.attempted > 0
    assert results.failed == 0


def test_the_map_names_every_module():
    assert [name for name in MODULES if f"- {name}: " not in law.__doc__] == []


@pytest.mark.parametrize("name", MODULES)
def test_plain_python_without_io_or_floats(law_folder, name):
    tree = ast.parse((law_folder / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= PURE | LIBRARIES.get(name, set())
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module.split(".")[0] in PURE
        elif isinstance(node, ast.Constant):
            assert not isinstance(node.value, float)
        elif isinstance(node, ast.Name):
            assert node.id not in {"float", "open", "print", "input"}


def test_loading_it_loads_no_odoo():
    assert "law" in sys.modules
    assert "odoo" not in sys.modules


def test_public_names_are_exported_and_documented():
    for name in law.__all__:
        thing = getattr(law, name)
        if callable(thing):
            assert thing.__doc__ and len(thing.__doc__.split()) > 5, name
