import inspect
import json
import re
from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rpc_common import DIGITS, NAMES, PHRASE, WITHOUT_RECORD, RpcCommon

SCALARS = ("boolean", "char", "date", "datetime", "float", "html", "integer", "json", "monetary", "selection", "text")
RELATIONS = ("many2one", "many2many")
NOTES = {"char": "x", "text": "x", "html": "x", "boolean": True, "integer": 1, "float": 1.0}
MAGIC = ("id", "create_uid", "create_date", "write_uid", "write_date")
MESSAGE = "From: a@example.com\nTo: b@example.com\nSubject: x\nMessage-ID: <rpc@example.com>\n\nx"
INCOMING = {"message_type": "email", "body": "x", "email_from": "a@example.com", "subject": "x", "from": "a@example.com"}
TODO = "mail.mail_activity_data_todo"
TEMPLATE = "relance_fr.mail_template_plan_sign"
# Who reads only his own company may read all of its debtors.
ROLES_OF = {
    "another company": ("public", "portal", "user", "sales", "auditor", "account", "approver", "manager"),
    "another debtor": ("public", "portal", "user", "sales"),
}


class Case:
    """What a caller in ``role`` passes about the records of a stranger."""

    def __init__(self, test, model_name, role, records):
        self.model = test.env[model_name].with_user(test.roles[role])
        self.records, self.ids = records, records[:1].ids
        self.me = test.roles[role].partner_id.ids
        self.company_id = test.other_company.id
        self.domain = [("id", "in", records.ids)]
        readable = {
            name: field for name, field in self.model._fields.items() if self.model._has_field_access(field, "read")
        }
        self.names = [name for name, field in readable.items() if field.type in (*SCALARS, *RELATIONS)]
        self.spec = {
            name: {"fields": {"display_name": {}}} if field.relational else {} for name, field in readable.items()
        }
        self.translated = next((name for name, field in self.model._fields.items() if field.translate is True), "name")
        self.relation = next((name for name in self.names if self.model._fields[name].type == "many2one"), "id")
        ours = self.model._original_module == "relance_fr"
        self.vals = next(
            (
                {name: NOTES[field.type]}
                for name, field in self.model._fields.items()
                if field.store and not field.readonly and field.type in NOTES and (ours or field._module == "relance_fr")
            ),
            {"display_name": "x"},
        )

    @property
    def stolen(self):
        """Return values of a new record that names what the stranger's names; no text of his, which would come back."""
        values = {}
        for name, field in self.model._fields.items():
            if not field.store or name in MAGIC or (field.compute and field.readonly):
                continue
            if field.type in (*RELATIONS, "selection", "date"):
                value = field.convert_to_write(self.records[:1][name], self.records[:1])
                values[name] = str(value) if field.type == "date" and value else value
            elif field.required and field.type in NOTES:
                values[name] = NOTES[field.type]
        return {name: value for name, value in values.items() if value}


def once(*args, **kwargs):
    """Return the recipe of a single call; what is callable is worked out from the `Case`."""
    return lambda case: [
        (
            [arg(case) if callable(arg) else arg for arg in args],
            {name: arg(case) if callable(arg) else arg for name, arg in kwargs.items()},
        )
    ]


def ids(case):
    return case.ids


def domain(case):
    return case.domain


def spec(case):
    return case.spec


def vals(case):
    return case.vals


def names(case):
    return case.names


# Arguments of every method that cannot be called without any, the ids of the records left out.
ARGUMENTS = {
    "action_get_panel": once(always=True),
    "action_open_outcome": lambda case: [([key], {}) for key in ("sent", "failed", "to_post", "nonsense")],
    "action_open_step": lambda case: [([key], {}) for key in ("terms", "calendar", "letterhead", "bank")],
    "action_open_summary": lambda case: [([key], {}) for key in (["send", True, 1, "email"], ["stopped", "held"])],
    "activity_feedback": once([TODO], only_automated=False),
    "activity_reschedule": once([TODO], date_deadline="2030-01-01", only_automated=False),
    "activity_schedule": once(TODO, summary="x"),
    "activity_search": once([TODO], only_automated=False),
    "activity_send_mail": lambda case: [([case.model.env.ref(TEMPLATE).id], {})],
    "activity_unlink": once([TODO], only_automated=False),
    "check_access_rights": once("read", raise_exception=False),
    "check_access_rule": once("read"),
    "check_field_access_rights": once("read", None),
    "copy_translations": once(False),
    "create": once(lambda case: [case.stolen]),
    "default_get": lambda case: [
        ([case.names], {}),
        ([case.names], {"context": {f"default_{name}": value for name, value in case.stolen.items()}}),
    ],
    "export_data": once(names),
    "fields_get": once(),
    "formatted_read_group": once(domain, lambda case: [case.relation], ["__count"]),
    "formatted_read_grouping_sets": once(domain, lambda case: [[case.relation]], ["__count"]),
    "get_empty_list_help": once("x"),
    "get_field_translations": once(lambda case: case.translated),
    "get_panel": lambda case: [([name, case.company_id], {}) for name in case.model._get_panels()],
    "get_portal_url": once(suffix="/letter"),
    "get_property_definition": once("x.y"),
    "get_views": once([[False, "form"], [False, "list"]]),
    "has_access": once("read"),
    "load": once(["id", "display_name"], [["x", "x"]]),
    "message_change_thread": once(False),
    "message_mail_with_source": once(TEMPLATE),
    "message_new": once(INCOMING),
    "message_notify": once(body="x", partner_ids=lambda case: case.me),
    "message_parse": once(MESSAGE),
    "message_post": once(body="x"),
    "message_post_with_source": once(TEMPLATE),
    "message_process": lambda case: [([case.model._name, MESSAGE], {"thread_id": case.ids[0]})],
    "message_route": lambda case: [([MESSAGE, INCOMING], {"model": case.model._name, "thread_id": case.ids[0]})],
    "message_subscribe": once(lambda case: case.me),
    "message_unsubscribe": once(lambda case: case.me),
    "message_update": once(INCOMING),
    "name_create": once("x"),
    "name_search": once("e", domain=domain),
    "notify_cancel_by_type": once("email"),
    "onchange": lambda case: [
        ([case.stolen, [name for name in case.stolen if name in case.spec], case.spec], {}),
        ([{}, [], case.spec], {"context": {f"default_{name}": value for name, value in case.stolen.items()}}),
    ],
    "process_email_queue": once(ids),
    "read": lambda case: [([case.names], {}), ([[]], {})],
    "read_group": once(domain, ["__count"], lambda case: [case.relation]),
    "read_progress_bar": once(domain, lambda case: case.relation, {"field": "id", "colors": {}}),
    "relance_explain": lambda case: [([], {}), (["2026-01-01"], {})],
    "relance_statement": lambda case: [([], {}), (["2026-01-01"], {})],
    "search": once(domain),
    "search_count": once(domain),
    "search_panel_select_multi_range": once(lambda case: case.relation),
    "search_panel_select_range": once(lambda case: case.relation, enable_counters=True),
    "search_read": once(domain, names),
    "update_field_translations": once(lambda case: case.translated, {"en_US": "x"}),
    "view_header_get": once(False, "form"),
    "web_name_search": once("e", {"display_name": {}}, domain=domain),
    "web_override_translations": once({"name": {"en_US": "x"}}),
    "web_read": once(spec),
    "web_read_group": once(domain, lambda case: [case.relation], ["__count"]),
    "web_resequence": once({}, "sequence"),
    "web_save": once(vals, spec),
    "web_save_multi": once(lambda case: [case.vals], spec),
    "web_search_read": once(domain, spec),
    "write": once(vals),
}


@tagged("post_install", "-at_install")
class TestRpc(RpcCommon):
    """Every public method of every model of ours, called by every role on what is not his.

    By ``odoo.service.model.call_kw``: what ``/web/dataset/call_kw``, ``/json/2`` and ``execute_kw`` let through is
    decided by its ``get_public_method``, and what they call is called alike; HTTP itself would be most of the time.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()

    @contextmanager
    def _undone(self):
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()

    def _get_calls(self, model_name):
        """Return ``[(method name, recipe)]`` of a model.

        A new method that cannot be called without arguments is asked for here: put how to call it in ``ARGUMENTS``.
        """
        calls = []
        for name in self._get_methods(model_name):
            recipe = ARGUMENTS.get(name)
            if not recipe:
                method = get_public_method(self.env[model_name], name)
                parameters = list(inspect.signature(method).parameters.values())[1:]
                unknown = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
                if unknown:
                    print(model_name, name, unknown, file=open("/tmp/a_how.txt", "a"))
                    continue
                recipe = once()
            calls.append((name, recipe))
        return calls

    def _call(self, case, name, recipe):
        """Call a method as from outside; return what came out of each call, as text."""
        results = []
        for args, kwargs in recipe(case):
            method = get_public_method(case.model, name)
            args = args if getattr(method, "_api_model", False) else [case.ids, *args]
            try:
                with self.env.cr.savepoint(), mute_logger("odoo.sql_db", "odoo.addons.mail.models.mail_thread"):
                    result = call_kw(case.model, name, args, kwargs)
                if name in ("search", "search_count") and result:
                    self.faults.append((case.model._name, name, "found"))
                results.append(json.dumps(result, ensure_ascii=False, default=str))
            except UserError as error:
                results.append(str(error))
            except Exception as error:  # noqa: BLE001 (what core's own methods make of nonsense is core's)
                if self._is_ours(case.model._name, name):
                    self.faults.append((case.model._name, name, f"traceback {error!r}"))
                results.append(str(error))
        return results

    def test_every_method_by_every_role(self):
        import time; t = time.time(); n = 0
        self.faults = []
        before = self._get_fingerprint()
        t2=time.time(); self._get_fingerprint()
        out = open("/tmp/a_out.txt", "w")
        print("FP", time.time()-t2, file=out)
        for target, records in self.strangers.items():
            secrets = self._get_secrets(records) | ({NAMES[target]} if target == "another company" else set())
            for model_name in sorted(self.registry):
                calls = self._get_calls(model_name)
                if not calls: continue
                stranger = records.get(model_name, self.env[model_name].sudo())
                if not stranger and not self.registry[model_name]._abstract: print("NONE", target, model_name, file=out)
                for role in ROLES_OF[target]:
                    case = Case(self, model_name, role, stranger)
                    t1=time.time()
                    todo = [(m, r) for m, r in calls if m not in WITHOUT_RECORD or role == "user"]
                    with self._undone():
                        for name, recipe in todo:
                            for text in self._call(case, name, recipe):
                                n += 1
                                digits = re.sub(r"[\s.,]", "", text)
                                found = [s for s in secrets if s in text] + ([DIGITS] if DIGITS in digits else [])
                                if found:
                                    print("LEAK", target, model_name, name, role, found, text[:300], file=out)
                        after = self._get_fingerprint()
                    if after != before:
                        for name, after in self._find(before, case, todo):
                            print("CHANGED", target, model_name, name, role, [k for k in before if before[k] != after[k]], file=out)
                    if time.time()-t1>0.3: print("SLOW", target, model_name, role, time.time()-t1, file=out)
                    out.flush()
        for f in sorted(set(self.faults)): print("FAULT", f, file=out)
        print("TIME", time.time() - t, n, file=out)

    def _find(self, before, case, calls):
        """Yield the calls that changed something, halving them."""
        with self._undone():
            for name, recipe in calls:
                self._call(case, name, recipe)
            after = self._get_fingerprint()
        if after == before:
            return
        if len(calls) == 1:
            yield calls[0][0], after
            return
        yield from self._find(before, case, calls[: len(calls) // 2])
        yield from self._find(before, case, calls[len(calls) // 2 :])

    def _get_secrets(self, records):
        return {
            PHRASE,
            *records["relance.commitment"].mapped("access_token"),
            *records["relance.notice"].mapped("portal_token"),
            *records["ir.attachment"].mapped("access_token"),
        }
