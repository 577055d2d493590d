"""Load the law package by itself, as `law`: importing the addon around it would import Odoo."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: the machine is shared. No database: nothing is left in the checkout.
settings.register_profile("law", max_examples=150, deadline=None, database=None, print_blob=True)
settings.load_profile("law")

LAW = Path(__file__).resolve().parents[2] / "relance_fr" / "law"


def _load():
    spec = importlib.util.spec_from_file_location("law", LAW / "__init__.py", submodule_search_locations=[str(LAW)])
    package = importlib.util.module_from_spec(spec)
    sys.modules["law"] = package
    spec.loader.exec_module(package)


_load()


@pytest.fixture(scope="session")
def law_folder():
    return LAW
