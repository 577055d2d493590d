"""Several people and jobs at once, each in a transaction of its own: nothing twice, no gap, no fork.

The scripts run in one Odoo process, in threads with real commits, retried on conflicts as a request is.
"""

import pytest

from support.company import READY

COMPANY = (
    READY
    + """
from datetime import timedelta

company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("fr", company=company, install_demo=False)
company.relance_calendar_id = env.ref("relance_fr.relance_calendar_standard")
company.relance_automatic = values.get("automatic", False)
today = company._relance_today()
partners = env["res.partner"].create(
    [
        {"name": f"Customer {number}", "is_company": True, "email": f"c{number}@example.com"}
        for number in range(values["count"])
    ]
)
invoices = env["account.move"].create(
    [
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": today - timedelta(days=60),
            "invoice_date_due": today - timedelta(days=10),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": False})],
        }
        for partner in partners
    ]
)
invoices.action_post()
env.flush_all()
env.cr.execute("UPDATE account_move SET relance_entered_on = invoice_date")
result = invoices.ids
"""
)

TOGETHER = """
import threading

from odoo import SUPERUSER_ID, api
from odoo.service.model import retrying


def together(*functions):
    barrier, failures = threading.Barrier(len(functions)), []

    def run(function):
        threading.current_thread().dbname = env.cr.dbname
        try:
            with env.registry.cursor() as cr:
                own = api.Environment(cr, SUPERUSER_ID, {})
                barrier.wait(30)
                retrying(lambda: function(own), own)
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    env.cr.rollback()
    env.invalidate_all()
    return failures

"""

REGISTER = """
notices = env["relance.notice"].search([], order="id")
result = {
    "failures": failures,
    "states": notices.mapped("state"),
    "names": sorted(notices.mapped("name")),
    "ranks": sorted(notices.mapped("seal_sequence")),
    "register": env["relance.notice"]._verify_register(env.company),
    "mails": env["mail.mail"].search([("model", "=", "relance.notice")]).mapped("res_id"),
    "open": env["relance.notice.line"].search([("state", "in", ("draft", "to_approve", "ready", "sent"))]).line_id.ids,
    "lines": env["relance.notice.line"].search_count([("state", "!=", "cancelled")]),
}
"""


@pytest.fixture
def database(charted_database):
    """Return a fresh database whose company has its chart: it is loaded once for all of them."""
    return charted_database


@pytest.fixture
def company(database):
    """Return a function that makes a company with overdue invoices in ``database``, and one that runs a story."""

    def make(count, **values):
        return database.script(COMPANY, count=count, **values)

    def story(code, **values):
        # Conflicts between transactions are expected: PostgreSQL's answers are in the log.
        return database.script(TOGETHER + code + REGISTER, check_log=False, **values)

    return make, story


def test_notices_approved_at_once(company):
    make, story = company
    make(4)
    found = story(
        """
env["relance.run"]._cron_escalate()
env.cr.commit()
waiting = env["relance.notice"].search([("state", "=", "to_approve")]).ids
assert len(waiting) == 4, waiting
failures = together(
    *(lambda own, id_=id_: own["relance.notice"].browse(id_).action_approve() for id_ in waiting)
)
"""
    )
    assert found["failures"] == []
    assert found["states"] == ["ready"] * 4
    assert [name[-5:] for name in found["names"]] == ["00001", "00002", "00003", "00004"]
    assert found["ranks"] == [1, 2, 3, 4]
    assert found["register"]["valid"], found["register"]


def test_the_same_notice_approved_twice_at_once(company):
    make, story = company
    make(1)
    found = story(
        """
env["relance.run"]._cron_escalate()
env.cr.commit()
id_ = env["relance.notice"].search([("state", "=", "to_approve")]).id
failures = together(*[lambda own: own["relance.notice"].browse(id_).action_approve()] * 2)
"""
    )
    assert found["failures"] == []
    assert (found["states"], found["ranks"]) == (["ready"], [1])
    assert found["register"] == {"valid": True, "checked": 1, "broken": False, "reason": False}


def test_job_asked_for_twice_at_once(company):
    """Odoo runs a job once at a time; whoever asks for it meanwhile is told so."""
    make, story = company
    lines = make(6, automatic=True)
    found = story(
        """
results = []
failures = together(
    *[lambda own: results.append(own.ref("relance_fr.ir_cron_escalate").method_direct_trigger())] * 3
)
assert any(result is True for result in results), results
assert all("already executing" in failure for failure in failures), failures
"""
    )
    assert len(found["open"]) == found["lines"] == len(lines)
    assert len(found["names"]) == len(set(found["names"])) == 6
    assert found["register"]["valid"], found["register"]


def test_person_sends_while_the_job_runs(company):
    """The person was first: the job leaves that invoice to him and goes on with the others."""
    make, story = company
    ids = make(3, automatic=True)
    found = story(
        """
import time

sending = threading.Event()


def send(own):
    own["account.move"].browse(values["ids"][:1])._relance_send_by_hand()
    own.flush_all()
    sending.set()
    time.sleep(2)


def run(own):
    assert sending.wait(60)
    result = own.ref("relance_fr.ir_cron_escalate").method_direct_trigger()
    assert result is True, result


failures = together(send, run)
""",
        ids=ids,
    )
    assert found["failures"] == []
    assert len(found["open"]) == found["lines"] == 3
    assert len(found["mails"]) == len(set(found["mails"])) <= 3
    assert found["register"]["valid"], found["register"]


def test_dispatched_twice_at_once(company):
    make, story = company
    ids = make(2)
    found = story(
        """
notices = env["account.move"].browse(values["ids"])._relance_send_by_hand(send_now=False)
env.cr.commit()
failures = together(
    lambda own: own["relance.notice"].browse(notices.ids).action_dispatch(),
    lambda own: own["relance.run"]._cron_dispatch(),
    lambda own: own["relance.notice"].browse(notices.ids)._dispatch(),
)
""",
        ids=ids,
    )
    assert found["failures"] == []
    assert found["states"] == ["sent", "sent"]
    assert len(found["mails"]) == len(set(found["mails"])) == 2


def test_payment_registered_while_the_notice_leaves(company):
    """The payment holds the instalment first: the sending waits for it, then finds nothing to claim."""
    make, story = company
    ids = make(1)
    found = story(
        """
import time

notice = env["account.move"].browse(values["ids"])._relance_send_by_hand(send_now=False)
env.cr.commit()
paying = threading.Event()


def pay(own):
    wizard = own["account.payment.register"].with_context(active_model="account.move", active_ids=values["ids"])
    wizard.create({})._create_payments()
    own.flush_all()
    paying.set()
    time.sleep(1.5)


def leave(own):
    assert paying.wait(60)
    own["relance.notice"].browse(notice.ids).action_dispatch()


failures = together(pay, leave)
""",
        ids=ids,
    )
    assert found["failures"] == []
    assert found["states"] == ["cancelled"]
    assert found["mails"] == []
    assert found["register"]["valid"], found["register"]


def test_payment_that_comes_while_the_notice_leaves(company):
    """The sending holds the instalment first: the payment waits, both are made."""
    make, story = company
    ids = make(1)
    found = story(
        """
import time

notice = env["account.move"].browse(values["ids"])._relance_send_by_hand(send_now=False)
env.cr.commit()
leaving = threading.Event()


def leave(own):
    own["relance.notice"].browse(notice.ids).action_dispatch()
    own.flush_all()
    leaving.set()
    time.sleep(1.5)


def pay(own):
    assert leaving.wait(60)
    wizard = own["account.payment.register"].with_context(active_model="account.move", active_ids=values["ids"])
    wizard.create({})._create_payments()


failures = together(pay, leave)
assert env["account.move"].browse(values["ids"]).amount_residual == 0
""",
        ids=ids,
    )
    assert found["failures"] == []
    assert found["states"] == ["sent"]
    assert len(found["mails"]) == 1


def test_two_people_prepare_the_same_invoices_at_once(company):
    """One sends; the other is told, or finds nothing left to send."""
    make, story = company
    ids = make(2)
    found = story(
        """
failures = together(
    *[lambda own: own["account.move"].browse(values["ids"])._relance_send_by_hand()] * 3
)
assert all("already in a notice" in failure for failure in failures), failures
""",
        ids=ids,
    )
    assert len(found["failures"]) < 3
    assert len(found["open"]) == found["lines"] == 2
    assert len(found["mails"]) == len(set(found["mails"])) == 2
    assert found["register"]["valid"], found["register"]


CAMPAIGN = """
env.company.relance_recall_minutes = 10
run = env["relance.run"].create({"company_id": env.company.id})
run.action_preview()
env.cr.commit()
"""


def test_two_people_confirm_and_two_call_back_at_once(company):
    """The campaign is confirmed once and called back once, whoever is first; what is told to the other is true."""
    make, story = company
    make(3)
    found = story(
        CAMPAIGN
        + """
confirmed = together(*[lambda own: own["relance.run"].browse(run.id).action_confirm()] * 2)
assert len(confirmed) == 1 and "confirmed already" in confirmed[0], confirmed
assert len(run.notice_ids) == 3, run.notice_ids
failures = together(*[lambda own: own["relance.run"].browse(run.id).action_call_back()] * 2)
assert len(failures) == 1 and "just confirmed" in failures[0], failures
assert run.state == "draft" and len(run.debtor_ids) == 3
failures = []
""",
    )
    assert found["names"] == found["states"] == found["mails"] == []


def test_called_back_while_the_job_takes_it(company):
    """Either all of it is called back, or all of it has left: never a part."""
    make, story = company
    make(3)
    found = story(
        CAMPAIGN
        + """
run.action_confirm()
run.sudo().leaves_at = "2020-01-01 00:00:00"
env.cr.commit()
failures = together(
    lambda own: own["relance.run"].browse(run.id).action_call_back(),
    lambda own: own["relance.job"]._dispatch_pending(),
)
assert (run.state == "draft") == (not run.notice_ids), (run.state, run.notice_ids.mapped("state"), failures)
if run.state == "draft":
    run.action_confirm()
    run.sudo().leaves_at = "2020-01-01 00:00:00"
    env["relance.job"]._dispatch_pending()
    env.cr.commit()
else:
    assert "too late" in failures[0] or "being sent" in failures[0], failures
failures = []
""",
    )
    assert found["states"] == ["sent"] * 3
    assert found["ranks"] == [1, 2, 3], "No number is lost."
    assert found["register"]["valid"], found["register"]
    assert len(found["mails"]) == 3


def test_two_people_open_the_draft_of_the_day_at_once(company):
    """It is computed one time after the other: no debtor is listed twice."""
    make, story = company
    make(2)
    found = story(
        """
run = env["relance.run"].create({"company_id": env.company.id})
env.cr.commit()
failures = together(*[lambda own: own["relance.run"].browse(run.id).action_bring_up_to_date()] * 3)
assert len(run.debtor_ids) == len(run.line_ids) == 2, (run.debtor_ids, run.line_ids)
""",
    )
    assert found["failures"] == []
