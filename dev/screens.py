"""What the documentation shows: one :class:`Shot` for each picture of ``docs/images``."""

from dataclasses import dataclass

_INVOICE = "/odoo/customer-invoices/{id}"
_ACTION = "/odoo/action-relance_fr."
_LATE = ("account.move", [["relance_level_id.kind", "=", "formal"], ["payment_state", "=", "partial"]])
_FORMAL = ("relance.notice", [["kind", "=", "formal"], ["state", "=", "sent"], ["regime", "=", "business"]])

_DEBTOR = ("relance.debtor", [["kinds", "like", "|broken|"]])


@dataclass
class Shot:
    """A picture: a page opened, steps taken on it, and its size.

    ``record`` is a model and a domain (and an order): the id of the first record found replaces ``{id}`` in ``path``.
    A step is ``click``, ``center`` or ``see`` and a CSS selector (wait for the element, then click on it, or bring it
    to the middle of the page), or ``run`` and JavaScript, or ``wait`` and a JavaScript expression that becomes true.
    ``calls`` are a model, a method and the domain of the records it is called on, before the page is opened.
    ``letter`` draws the first page of the letter of the record, a notice, instead of a page of Odoo.
    ``apps`` shows the picture on the page of the addon in Odoo's list of applications too.
    """

    name: str
    path: str = ""
    record: tuple = ()
    steps: tuple = ()
    calls: tuple = ()
    phone: bool = False
    height: int = 900
    letter: bool = False
    apps: bool = False


_COLUMNS = "Statut de relance|Jours de retard|Niveau de relance|Prochaine relance le"
_PDF_TEXT = "?.contentDocument?.querySelector('.textLayer span')"
_PREVIEW = f"wait document.querySelector('.o_attachment_preview iframe'){_PDF_TEXT}"
_TAB = ("click a[name=relance]",)
_RUN = f"{_ACTION}relance_run_action/{{id}}"
_DRAFT = ("relance.run", [["state", "=", "draft"], ["origin", "=", "manual"]])
_ROW = "div[name=debtor_ids] .o_data_row"

_FIGURES = ("wait !document.querySelector('.o_relance_dashboard .fa-spin')",)
_UNPAID = ("relance.notice", [*_FORMAL[1], ["line_ids.move_id.payment_state", "=", "not_paid"]])

SHOTS = (
    Shot("formal_notice", record=_FORMAL, letter=True, apps=True),
    # The day's work.
    Shot("work_list", "/odoo/dunning-today", height=760, apps=True),
    Shot("debtor", "/odoo/debtors/{id}", _DEBTOR, ("see .o_relance_account",), height=1000, apps=True),
    Shot("debtor_phone", "/odoo/debtors/{id}", _DEBTOR, ("see .o_relance_account",), phone=True, height=1100),
    # The invoice.
    Shot("invoice_tab", _INVOICE, _LATE, (*_TAB, _PREVIEW), height=1250, apps=True),
    Shot("invoice_tab_phone", _INVOICE, _LATE, (*_TAB, "center .o_relance_statement"), phone=True, height=1100),
    Shot(
        "invoice_list",
        "/odoo/customer-invoices",
        steps=(
            "click .o_optional_columns_dropdown button",
            "see .o-dropdown--menu",
            "run for (const item of document.querySelectorAll('.o-dropdown--menu .o-dropdown-item'))"
            f" if (/^({_COLUMNS})$/.test(item.textContent.trim())) item.querySelector('input').click()",
            "click .o_optional_columns_dropdown button",
        ),
        height=700,
    ),
    Shot(
        "send",
        "/odoo/customer-invoices",
        steps=(
            "click thead .o_list_record_selector input",
            "click button[name=action_relance_send]",
            "see .modal .o_data_row",
        ),
        height=760,
    ),
    # The run.
    Shot("run", _RUN, _DRAFT, (f"see {_ROW}",), height=1250, apps=True),
    Shot(
        "run_stopped",
        _RUN,
        _DRAFT,
        ("click .o_relance_summary_part[name=stopped] button", "see .o_list_view .o_data_row"),
    ),
    Shot("run_row", _RUN, _DRAFT, (f"click {_ROW} td[name=partner_id]", "see .modal .o_form_view"), height=860),
    Shot(
        "run_documents", _RUN, _DRAFT, (f"click {_ROW} .o_relance_documents", "see .modal iframe[srcdoc]"), height=900
    ),
    Shot("one_by_one", _RUN, _DRAFT, ("click button[name=action_review]", "see .o_relance_one_by_one"), height=760),
    Shot("run_phone", _RUN, _DRAFT, ("see .o_form_view .o_kanban_record",), phone=True),
    # The register.
    Shot("to_approve", f"{_ACTION}relance_notice_action_to_approve", height=480),
    Shot(
        "letters_to_post",
        f"{_ACTION}relance_notice_action_to_post",
        calls=(
            ("relance.notice", "action_approve", [["state", "=", "to_approve"]]),
            ("relance.notice", "action_dispatch", [["state", "=", "ready"]]),
        ),
        height=480,
    ),
    Shot("register", f"{_ACTION}relance_notice_action", height=760, apps=True),
    Shot("register_phone", f"{_ACTION}relance_notice_action", phone=True),
    Shot("notice", f"{_ACTION}relance_notice_action/{{id}}", _FORMAL, height=800),
    Shot("notice_interest", f"{_ACTION}relance_notice_action/{{id}}", _FORMAL, ("click a[name=interest]",), height=860),
    Shot("notice_delivery", f"{_ACTION}relance_notice_action/{{id}}", _FORMAL, ("click a[name=delivery]",), height=800),
    Shot(
        "notice_letter",
        f"{_ACTION}relance_notice_action/{{id}}",
        _FORMAL,
        (
            "click a[name=letter]",
            f"wait document.querySelector('iframe'){_PDF_TEXT}",
        ),
        height=1250,
    ),
    # The debtor.
    Shot(
        "regime",
        "/odoo/res.partner/{id}",
        ("res.partner", [["name", "like", "Mairie"]]),
        ("click a[name=accounting]", "see .o_relance_regime"),
        height=1250,
    ),
    # What stops dunning.
    Shot("holds", f"{_ACTION}relance_hold_action", height=420),
    Shot("hold", f"{_ACTION}relance_hold_action/{{id}}", ("relance.hold", [["reason", "=", "dispute"]]), height=700),
    Shot(
        "commitment",
        f"{_ACTION}relance_commitment_action/{{id}}",
        ("relance.commitment", [["kind", "=", "plan"]]),
        height=760,
    ),
    # The figures.
    Shot("dashboard", "/odoo/relance-dashboard", steps=_FIGURES, height=1500),
    Shot("dashboard_phone", "/odoo/relance-dashboard", steps=_FIGURES, phone=True),
    # The settings.
    Shot(
        "calendar",
        f"{_ACTION}relance_calendar_action/{{id}}",
        ("relance.calendar", [["level_ids", "!=", False]]),
        height=800,
    ),
    Shot("rates", f"{_ACTION}relance_rate_action", height=560),
    Shot("terms", f"{_ACTION}relance_terms_action/{{id}}", ("relance.terms", []), height=700),
    Shot("first_steps", "/odoo/dunning-first-steps", height=480),
    Shot(
        "simulation",
        f"{_ACTION}relance_simulation_action",
        steps=("click button[name=action_simulate]", "see .oe_stat_button"),
        height=900,
    ),
    # What the debtor sees.
    Shot("portal", "/my/relance/{id}", _UNPAID, phone=True, height=1000, apps=True),
)
