import inspect
import json
import logging
import re
from contextlib import contextmanager
from functools import cached_property
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rpc_common import AMOUNTS, NAMES, PHRASES, WITHOUT_RECORD, RpcCommon
from .test_access_matrix import ROLES

SCALARS = ("boolean", "char", "date", "datetime", "float", "html", "integer", "json", "monetary", "selection", "text")
RELATIONS = ("many2one", "many2many")
NOTES = {"char": "x", "text": "x", "html": "x", "boolean": True, "integer": 1, "float": 1.0, "monetary": 1.0}
MAGIC = ("id", "create_uid", "create_date", "write_uid", "write_date")
MESSAGE = "From: a@example.com\nTo: b@example.com\nSubject: x\nMessage-ID: <rpc@example.com>\n\nx"
INCOMING = {
    "message_type": "email",
    "body": "x",
    "email_from": "a@example.com",
    "subject": "x",
    "from": "a@example.com",
}
TODO = "mail.mail_activity_data_todo"
TEMPLATE = "relance_fr.mail_template_plan_sign"
EVERY_MODEL = ("odoo.orm.", "odoo.addons.base.", "odoo.addons.base_import.", "odoo.addons.web.")
SHARED = ("relance.calendar", "relance.level", "relance.rate", "relance.segment", "relance.terms")
_logger = logging.getLogger(__name__)


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
        self.may_read = self.model.has_access("read")
        # What is computed of a record, without the names core refuses to show.
        self.figures = {name: {} for name, field in readable.items() if field.type in SCALARS}
        self.translated = next((name for name, field in self.model._fields.items() if field.translate is True), "name")
        self.relation = next((name for name in self.names if self.model._fields[name].type == "many2one"), "id")
        ours = self.model._original_module == "relance_fr"
        self.vals = next(
            (
                {name: NOTES[field.type]}
                for name, field in self.model._fields.items()
                if field.store
                and not field.readonly
                and field.type in NOTES
                and (ours or field._module == "relance_fr")
            ),
            {"display_name": "x"},
        )

    @property
    def alone(self):
        """Return the stolen values, together and each relation alone: one that is refused hides no other."""
        if not self.model.has_access("create"):
            return [self.stolen]
        relations = [name for name in self.stolen if self.model._fields[name].relational]
        required = {name: value for name, value in self.stolen.items() if not self.model._fields[name].relational}
        return [self.stolen, *({**required, name: self.stolen[name]} for name in relations)]

    @cached_property
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


# Whoever may make a record makes it in his own company, of nobody in particular.
MAKES_OWN = ("action_prepare", "load", "message_new", "name_create")
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
    "send_mail_batch": once(ids),
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
    "message_process": lambda case: [
        ([case.model._name, MESSAGE], {"thread_id": case.ids[0]}),
        ([case.model._name, MESSAGE], {"custom_values": case.stolen}),
    ],
    "message_route": lambda case: [([MESSAGE, INCOMING], {"model": case.model._name, "thread_id": case.ids[0]})],
    "message_subscribe": once(lambda case: case.me),
    "message_unsubscribe": once(lambda case: case.me),
    "message_update": once(INCOMING),
    "name_create": once("x"),
    "name_search": once("e", domain=domain),
    "notify_cancel_by_type": once("email"),
    "onchange": lambda case: [
        *(([values, list(values), case.figures], {}) for values in case.alone),
        ([case.stolen, list(case.stolen), case.spec], {}),
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
        # Why, core tells by queries of groups and rules each time: most of the time of this test.
        for model_name in ("ir.model.access", "ir.rule"):
            cls.classPatch(cls.registry[model_name], "_make_access_error", lambda *_args: AccessError("No access."))
        # What core logs of nonsense.
        cls.enterClassContext(
            mute_logger("odoo.sql_db", "odoo.addons.mail.models.mail_thread", "odoo.models", "py.warnings")
        )
        cls.secrets = {who: cls._get_secrets(who, records) for who, records in cls.strangers.items()}

    @classmethod
    def _get_secrets(cls, who, records):
        """Return the tokens and words that open or name a stranger; a partner of one's own company has a name."""
        return {
            PHRASES[who],
            *({NAMES[who]} if who == "another company" else ()),
            *records["relance.commitment"].mapped("access_token"),
            *records["relance.notice"].mapped("portal_token"),
            *records["ir.attachment"].mapped("access_token"),
        }

    @contextmanager
    def _undone(self):
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()

    def _get_recipe(self, model_name, name):
        """Return how a method is called, None when it asks for arguments that nobody wrote down in ``ARGUMENTS``."""
        if name in ARGUMENTS:
            return ARGUMENTS[name]
        parameters = list(inspect.signature(get_public_method(self.env[model_name], name)).parameters.values())[1:]
        several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return None if any(p.default is p.empty and p.kind not in several for p in parameters) else once()

    def test_every_method_is_known(self):
        unknown = [
            f"{model_name}.{name}"
            for model_name in self.registry
            for name in self._get_methods(model_name)
            if not self._get_recipe(model_name, name)
        ]
        self.assertFalse(unknown, "How are they called? Say it in ARGUMENTS.")

    def test_every_model_has_its_stranger(self):
        for who, records in self.strangers.items():
            missing = [
                name
                for name, model in self.registry.items()
                if name.startswith("relance.") and not model._abstract and not records.get(name)
            ]
            self.assertFalse(missing, f"Make a record of {who} in `_make_stranger`.")

    def test_what_the_sweep_would_say(self):
        """A method that tells a token and one that writes as superuser are named."""
        plans = self.registry["relance.commitment"]

        def write(plan):
            plan.sudo().note = "x"

        leaks = {"action_preview_portal": lambda plan: plan.sudo().access_token, "action_print": write}
        who, told = "another company", []
        case = Case(self, "relance.commitment", "user", self.strangers[who]["relance.commitment"])
        calls = [(case, name, once()) for name in ("action_cancel", *leaks)]
        before = self._get_fingerprint()
        with patch.multiple(plans, **leaks):
            for call in calls:
                with self._undone():
                    told += self._call(who, *call)
            changed = list(self._find_changes(who, before, calls))
        self.assertEqual([text.partition(" told ")[0] for text in told], ["relance.commitment.action_preview_portal"])
        self.assertEqual(changed, ["relance.commitment.action_print changed relance_commitment"])

    def test_another_company(self):
        self._assert_closed("another company", ROLES)

    def test_another_debtor(self):
        self._assert_closed("another debtor", ("public", "portal", "user", "sales"))

    # === LINKS === #

    def test_core_dialogs_give_no_link_of_a_plan(self):
        """Core's own ways to a link: sharing, a template, the composer."""
        plan, template = self.strangers["another company"]["relance.commitment"], self.env.ref(TEMPLATE)
        ways = {
            "share": lambda env: env["portal.share"].create({"res_model": plan._name, "res_id": plan.id}).share_link,
            "template": lambda env: env["mail.template"].browse(template.id).send_mail(plan.id),
            "composer": lambda env: (
                env["mail.compose.message"]
                .create({"model": plan._name, "res_ids": repr(plan.ids), "template_id": template.id})
                .body
            ),
        }
        mails = self.env["mail.mail"].sudo().search_count([])
        for role in ("portal", "user", "sales", "auditor", "account", "manager"):
            for way, get in ways.items():
                with self.subTest(role=role, way=way), self._undone():
                    try:
                        told = str(get(self.env(user=self.roles[role].id)))
                    except UserError as error:
                        told = str(error)
                    self.assertFalse(self._find_secrets("another company", told))
                    self.assertEqual(self.env["mail.mail"].sudo().search_count([]), mails)

    def test_link_of_ones_own_plan(self):
        """Billing users hand it out; who only reads sees the page without it."""
        plan = self.strangers["another debtor"]["relance.commitment"]
        self.assertIn(plan.access_token, plan.with_user(self.roles["account"]).get_portal_url())
        auditor = plan.with_user(self.roles["auditor"])
        self.assertEqual(auditor.action_preview_portal()["url"], f"/my/payment-plans/{plan.id}")
        for ask in (
            auditor.get_portal_url,
            auditor._portal_ensure_token,
            auditor._get_share_url,
        ):
            with self.assertRaises(AccessError):
                ask()
        self.assertEqual(auditor._get_sign_url(), f"{plan.get_base_url()}/my/payment-plans/{plan.id}")

    def test_no_file_of_a_stranger(self):
        records = self.strangers["another company"]
        for report, model in (
            ("letter", "relance.notice"),
            ("plan", "relance.commitment"),
            ("register", "res.company"),
        ):
            for role in ("portal", "user", "sales", "auditor", "account", "manager"):
                reports = self.env["ir.actions.report"].with_user(self.roles[role])
                with self.subTest(report=report, role=role), self.assertRaises(AccessError):
                    reports._render_qweb_pdf_prepare_streams(
                        f"relance_fr.action_report_{report}", {}, res_ids=records[model].ids
                    )

    # === THE MAIL GATEWAY === #

    def test_who_files_an_email(self):
        notice = self.strangers["another debtor"]["relance.notice"]
        threads = self.env["mail.thread"]
        values = {"company_id": notice.company_id.id, "partner_id": notice.partner_id.id, "outcome": "no_answer"}
        for role in ("user", "sales", "auditor"):
            with self.subTest(role=role), self.assertRaises(AccessError), self.env.cr.savepoint():
                threads.with_user(self.roles[role]).message_process(notice._name, MESSAGE, thread_id=notice.id)
        for model, vals in (("relance.call", values), ("relance.hold", {**values, "reason": "manual"})):
            for user in (self.roles["user"], self.roles["manager"], self.env.ref("base.user_root")):
                with (
                    self.subTest(model=model, user=user.login),
                    self.assertRaises(AccessError),
                    self.env.cr.savepoint(),
                ):
                    threads.with_user(user).message_process(model, MESSAGE, custom_values=vals)
        with self._undone():
            threads.with_user(self.roles["account"]).message_process(notice._name, MESSAGE, thread_id=notice.id)
            self.assertEqual(notice.message_ids[:1].message_type, "email")
        with self._undone():
            threads.sudo().message_process(notice._name, MESSAGE, thread_id=notice.id)
            self.assertEqual(notice.message_ids[:1].message_type, "email")

    # === THE SWEEP === #

    def _assert_closed(self, who, roles):
        """Call everything on the records of ``who`` in each role: nothing comes out, nothing changes."""
        before = self._get_fingerprint()
        for role in roles:
            with self.subTest(role=role):
                calls = self._get_calls(who, role)
                with self._undone():
                    told = [fault for call in calls for fault in self._call(who, *call)]
                    after = self._get_fingerprint()
                self.assertFalse(told, "Methods that gave away what is not theirs to give.")
                changed = list(self._find_changes(who, before, calls)) if after != before else []
                self.assertFalse(changed, "Methods that changed what is not theirs to change.")
                names = sorted(f"{case.model._name}.{name}" for case, name, _recipe in calls)
                _logger.info("Called as %s on %s (%s): %s", role, who, len(names), ", ".join(names))

    def _get_calls(self, who, role):
        """Return ``[(case, method name, recipe)]``: all that ``role`` calls."""
        calls = []
        for model_name in sorted(self.registry):
            methods = self._get_methods(model_name)
            if not methods:
                continue
            case = Case(self, model_name, role, self.strangers[who].get(model_name, self.env[model_name].sudo()))
            calls += [
                (case, name, self._get_recipe(model_name, name))
                for name in methods
                if self._is_to_call(who, role, case, name)
            ]
        return calls

    def _is_to_call(self, who, role, case, name):
        model = case.model
        if name in WITHOUT_RECORD and role != "user" and not self._is_ours(model._name, name):
            return False
        if get_public_method(model, name).__module__.startswith(EVERY_MODEL):
            # A manager is of their groups: what every model has, he gets at least as far with.
            if role in ("account", "approver"):
                return False
            # Refused whatever the record: called on another company's.
            if who == "another debtor" and not case.may_read:
                return False
        if model._name in SHARED and case.may_read and (who == "another debtor" or model._name == "relance.rate"):
            # Settings belong to no debtor. Who changes them: see `test_shared`.
            return False
        if model._name == "relance.onboarding" and name == "action_close":
            return role != "manager"
        if name == "set_values":
            # Core writes the parameters of the database for whoever calls it; ours are fields of the company.
            return False
        if name == "create" and not model._name.startswith("relance."):
            # A file or a message of one's own is core's to allow.
            return not model.has_access("create")
        return name not in MAKES_OWN or not model.has_access("create")

    def _call(self, who, case, name, recipe, again=False):
        """Call a method as from outside; return what is wrong with what came out."""
        model, faults = case.model, []
        method, ours = get_public_method(model, name), self._is_ours(model._name, name)
        every = method.__module__.startswith(EVERY_MODEL)
        for args, kwargs in recipe(case):
            args = args if getattr(method, "_api_model", False) else [case.ids, *args]
            label = f"{model._name}.{name}"
            try:
                # What every model has is stopped before it writes anything: its savepoint keeps what was read.
                with self.env.cr.savepoint(flush=not every):
                    result = call_kw(model, name, args, kwargs)
                    self.env.flush_all()
                if name in ("search", "search_count") and result and model._auto:
                    faults.append(f"{label} found them")
                told = json.dumps(result, ensure_ascii=False, default=str)
            except UserError as error:
                told = str(error)
            except Exception as error:  # noqa: BLE001 (what core's own methods make of nonsense is core's)
                told = str(error)
                if ours and not told.startswith("Expected singleton"):
                    faults.append(f"{label} ended in {error!r}")
            if any(self.env.transaction.field_dirty.values()) or any(self.env.transaction.tocompute.values()):
                # Left by what was refused.
                self.env.cr.clear()
            secrets = self._find_secrets(who, told)
            if secrets and not again:
                # A request from outside finds nothing that another read before it.
                self.env.invalidate_all()
                return self._call(who, case, name, recipe, again=True)
            if secrets:
                faults.append(f"{label} told {', '.join(secrets)}")
        return faults

    def _find_secrets(self, who, text):
        """Return what is in ``text`` of what only those who may read ``who`` know."""
        digits = re.sub(r"\D", "", str(AMOUNTS[who]))
        return [secret for secret in self.secrets[who] if secret in text] + (
            [digits] if digits in re.sub(r"[\s.,]", "", text) else []
        )

    def _find_changes(self, who, before, calls):
        """Yield the calls that changed something, halving them."""
        with self._undone():
            for call in calls:
                self._call(who, *call)
            after = self._get_fingerprint()
        tables = [table for table, digest in before.items() if after[table] != digest]
        if not tables:
            return
        if len(calls) == 1:
            yield f"{calls[0][0].model._name}.{calls[0][1]} changed {', '.join(tables)}"
            return
        yield from self._find_changes(who, before, calls[: len(calls) // 2])
        yield from self._find_changes(who, before, calls[len(calls) // 2 :])
