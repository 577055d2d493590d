"""The rules of the house, held against the tree: no database, no Odoo.

Each failure is a sentence that says what to do. The exceptions stand here, each with its reason; one that is not needed
any more fails as well.
"""

import random
import re
from collections import Counter

from support import house

#: Lines of one file, about: beyond that a model is cut by the phases of its life.
LINES = 800
#: Files of one model; the register's notices go through nine phases.
FILES = {"relance.notice": 9, "relance.commitment": 4}
FILES_OTHERS = 3
#: Core's models, which each storey may open once.
CORE = ("account.", "res.", "mail.", "ir.")
#: Second files of a core model in one storey, named after their subject.
CORE_FILES = {
    "debtor/res_partner_regime.py": "what law a debtor is under is a subject of its own, and 350 lines",
    "setup/res_company_people.py": "who stands behind what a company writes, beside 800 lines of settings",
    "run/res_company_commitment.py": "promises reminded and payments thanked for, jobs of their own",
    "run/res_company_specimen.py": "the letter shown before anything is sent, of an invoice that never was",
    "run/res_company_takeover.py": "history taken over from another tool, asked for once",
}
#: Abstract models without fields: services from the ground up, then contracts and what pages are made of.
SERVICES = (
    "relance.job",
    "relance.ledger",
    "relance.claim",
    "relance.decision",
    "relance.simulator",
    "relance.provider",
    "relance.provider.manual",
    "relance.regime.text",
    "relance.onboarding",
    "relance.debtor.facts",
    "relance.dashboard",
    "relance.report",
)
#: The services of the stack: what takes records first is a method of those records.
STACK = SERVICES[:5]
#: Records by their usual names; fragments of SQL take what their statement takes.
RECORDS = ("company", "companies", "notices", "notice", "run", "debtors", "debtor")
#: Methods of the stack that take records first all the same.
TAKES_RECORDS = {
    "relance.simulator._count_as_sent": "its notices are rows of temporary tables, no records of the register",
}

#: Where a setting of a company is not read for the company it counts for.
SETTING_READS = {
    "hooks.py: relance_calendar_id": "the installation fills what is empty, company by company",
    "relance_notice_provider.py: company_id.relance_test_address": "a search by the address that counts",
    "relance_onboarding.py: relance_onboarding_closed": "it is written there",
    "relance_rate.py: relance_contact_id": "the people any company names, wherever they are named",
    "relance_rate.py: relance_signatory_id": "the people any company names, wherever they are named",
}


#: What is said once, where, and how it looks when somebody says it again (in Python; screens cannot import).
ONCE = {
    "PAPER of tools/channels.py": r"""['"](letter|registered)['"], ['"](letter|registered)['"]""",
    "SEVERITY of tools/channels.py": r"""['"]preventive['"], ['"]courtesy['"]|['"]courtesy['"], ['"]firm['"]""",
    "FORMAL_KINDS or CLAIMING_KINDS of law/mentions.py": r"""['"]formal['"], ['"]final['"]""",
    "DELIVERY_DATES or sql_unposted of tools/channels.py": (
        r"""posted_date['"], ['"]presented_date['"], ['"]received|COALESCE\((\w+\.)?posted_date, (\w+\.)?presented"""
    ),
    "TO_POST or sql_to_post of tools/channels.py": r"""['"]to_submit['"], ['"]submitted['"]\]?\)""",
    "UNPAID of tools/open_items.py": r"""['"]not_paid['"], ['"]partial['"]""",
    "OPEN_ITEM or OPEN_CREDIT of tools/open_items.py": (
        r"""reconciled IS NOT TRUE\s+AND (\w+\.)?amount_residual(_currency)? [<>] 0"""
    ),
    "outcome of tools/reasons.py": r"""['"](not_due|too_early|promised|on_plan)['"], ['"][a-z_]+['"]""",
}
#: Where it is said, and what stands by itself.
ONCE_IN = ("tools/", "law/", "tests/", "migrations/")


def held(found, exceptions, advice):
    """Fail for what is no exception, and for an exception that is not needed any more."""
    new, mended = sorted(set(found) - set(exceptions)), sorted(set(exceptions) - set(found))
    assert not new, f"{', '.join(map(str, new))}: {advice}"
    assert not mended, f"{', '.join(map(str, mended))}: no exception any more; take it off the list"


def test_a_model_stands_in_few_files():
    found = {}
    for model, pieces in house.grouped(lambda piece: piece.model).items():
        count = len({piece.file for piece in pieces})
        if count > FILES.get(model, FILES_OTHERS) and not model.startswith(CORE):
            found[model] = count
    held(found, (), "too many files of one model; fold them by phase of life")


def test_a_storey_opens_a_core_model_once():
    found = set()
    for (_storey, model), pieces in house.grouped(lambda piece: (piece.storey, piece.model)).items():
        if model.startswith(CORE):
            usual = f"/{model.replace('.', '_')}.py"
            found |= {piece.file for piece in pieces if not piece.file.endswith(usual) and len(pieces) > 1}
    held(found, CORE_FILES, "opened more than once in one storey; fold the files into one")


def test_a_file_is_not_too_long():
    found = [
        path.relative_to(house.MODELS).as_posix()
        for path in house.files()
        if len(path.read_text(encoding="utf-8").splitlines()) > LINES
    ]
    held(found, (), f"more than {LINES} lines; cut it by phase of life")


def test_a_method_is_defined_once_in_a_storey():
    found = set()
    for (_storey, model), pieces in house.grouped(lambda piece: (piece.storey, piece.model)).items():
        names = Counter(name for piece in pieces for name in set(piece.methods))
        found |= {f"{model}.{name}" for name, count in names.items() if count > 1}
    advice = "defined twice in one storey; write it once, super() reaches a lower storey or core"
    held(found, (), advice)


def test_a_file_stands_in_a_storey():
    found = {path.name for path in house.files() if not house.storey_of(path)}
    held(found, (), "stands in models/ itself; put it in its storey")


def test_every_storey_is_imported():
    folders = {path.name for path in house.MODELS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(house.storeys()), "each folder of models/ has its line in models/__init__.py"


def test_a_storey_calls_none_above_it():
    order = {name: level for level, name in enumerate(house.storeys())}
    homes = {piece.model: piece.storey for piece in house.pieces() if piece.opens}
    lowest = {name: min(storeys, key=order.get) for name, storeys in house.method_storeys().items()}
    found = set()
    for path in house.files():
        storey = house.storey_of(path)
        models = {model for model in house.used_models(path) if order.get(homes.get(model), -1) > order[storey]}
        methods = {name for name in house.used_methods(path) if name in lowest and order[lowest[name]] > order[storey]}
        imports = {name for name in house.imported_storeys(path) if order[name] > order[storey]}
        found |= {f"{storey}/{path.name}: {name}" for name in models | methods | imports}
    held(found, (), "stands in a later storey; call a named empty hook that the later storey fills")


def test_files_of_a_storey_load_in_any_order():
    """Which file says what a method or a field is: the same whatever the order, the file with ``_name`` first."""
    usual = house.resolved(house.load_order())
    shuffler = random.Random(9)
    for _round in range(5):
        order = []
        for storey in house.storeys():
            files = [file for file in house.load_order() if file.startswith(f"{storey}/")]
            openers = [file for file in files if file in house.openers()]
            others = [file for file in files if file not in openers]
            shuffler.shuffle(others)
            assert files[: len(openers)] == openers, f"{storey}: the files with _name come first in its __init__.py"
            order += openers + others
        changed = {name for name, file in house.resolved(order).items() if usual[name] != file}
        assert not changed, f"{', '.join(sorted(changed))}: the order of imports decides; define it once in the storey"


def test_services_are_few():
    found = {
        model
        for model, pieces in house.grouped(lambda piece: piece.model).items()
        if model.startswith("relance.")
        and all(piece.kind == "AbstractModel" for piece in pieces)
        and not any(piece.fields for piece in pieces)
    }
    held(found, SERVICES, "no fields: make it methods of the record")


def test_what_takes_records_is_their_method():
    found = {
        f"{model}.{name}"
        for model, name, first in house.first_arguments()
        if model in STACK and first in RECORDS and not name.startswith(("_sql_", "_query_"))
    }
    held(found, TAKES_RECORDS, "takes records first: make it a method of theirs")


def test_a_file_is_named_after_its_model():
    found = {
        file
        for file, pieces in house.grouped(lambda piece: piece.file).items()
        if not any(_is_named_after(file, piece.model) for piece in pieces)
    }
    held(found, (), "name the file after its model")


def _is_named_after(file, model):
    return file.rpartition("/")[2].removesuffix(".py").startswith(model.replace(".", "_"))


def test_a_notice_changes_its_state_in_one_place():
    found = {writer.rpartition(": ")[2]: writer for writer in house.state_writers()}
    assert set(found) == {"_query_state_change"}, (
        f"{', '.join(sorted(found.values()))}: a notice changes its state by relance.notice._set_state alone, "
        "which writes the tracking and calls _on_state_changed"
    )


def test_no_view_extends_a_view_of_ours():
    held(house.own_view_extensions(), (), "extends a view of the addon; write it into that view")


def test_the_views_of_a_model_stand_in_the_file_of_its_name():
    found = {
        f"{path}: {model}"
        for path, models in house.viewed_models().items()
        for model in models
        if not path.startswith("wizard/") and path.rpartition("/")[2] != f"{model.replace('.', '_')}_views.xml"
    }
    held(found, (), "the views of a model stand in views/<model>_views.xml, those of a report in report/")


def test_one_file_of_jobs_and_three_of_rights():
    crons = house.files_with("ir.cron")
    held(crons - {"data/ir_cron_data.xml"}, (), "jobs stand in data/ir_cron_data.xml")
    rights = {path.name for path in (house.ADDON / "security").iterdir()}
    usual = {"ir.model.access.csv", "relance_fr_groups.xml", "relance_fr_security.xml"}
    held(rights - usual, (), "rights stand in the table, the groups and relance_fr_security.xml")


def test_settings_stand_in_one_file():
    found = {path.name for path in (house.ADDON / "views").glob("res_config_settings*.xml")}
    held(found - {"res_config_settings_views.xml"}, (), "settings have one view")


def test_settings_are_read_one_way():
    held(house.setting_reads(), SETTING_READS, "read it by company._get_relance_setting(name), as branches need it")


def test_sudo_has_its_reason():
    advice = "write the reason beside it, or call the record ..._sudo"
    held(house.bare_sudos(), (), advice)


def test_a_predicate_is_said_once():
    found = []
    for path in sorted(house.ADDON.rglob("*.py")):
        name = path.relative_to(house.ADDON).as_posix()
        if not name.startswith(ONCE_IN):
            text = path.read_text(encoding="utf-8")
            found += [f"{name}: {said}" for said, pattern in ONCE.items() if re.search(pattern, text)]
    assert not found, f"{'; '.join(found)}: said in one place already, import it"


def test_every_file_of_tests_is_loaded():
    """Odoo's loader takes the modules that ``tests/__init__.py`` names, one a base name."""
    files = house.test_files()
    names = Counter(path.stem for path in files)
    twice = sorted(name for name, count in names.items() if count > 1)
    assert not twice, f"{', '.join(twice)}: the loader keeps one module a name; rename one"
    held(set(names), house.loaded_tests(), "not imported by relance_fr/tests/__init__.py; add its line")
    folders = {path.parent.name for path in files if path.parent.name != "tests"}
    held(folders - set(house.storeys()), (), "tests stand in the storey they try")
