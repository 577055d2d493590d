"""A provider of registered letters over real HTTP: slow, failing, refusing, killed in the middle, calling back.

The provider is an addon of its own (``tests/addons``), written as an integrator would; the service runs in the test.
"""

import os
import threading
from base64 import b64encode
from pathlib import Path

import pytest

from support.company import READY
from support.database import Database
from support.letter_service import LetterService

ADDONS = Path(__file__).parent / "addons"

LETTERS = """
from datetime import date, timedelta

company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("fr", company=company, install_demo=False)
env["ir.config_parameter"].set_param("relance_fr_test_provider.url", values["url"])
company.relance_provider = "test"
company.country_id = env.ref("base.fr")
env["ir.cron"].search([]).active = False
env.ref("relance_fr.ir_cron_provider_submit").active = True
calendar = env["relance.calendar"].create({
    "name": "LRAR",
    "level_ids": [(0, 0, {"name": "Formal", "kind": "formal", "delay": 5, "deadline_days": 15,
                          "channel_registered": True, "channel_email": False})],
})
company.relance_calendar_id = calendar
# The day of the company, not that of the server.
today = company._relance_today()
partners = env["res.partner"].create([
    {"name": f"Customer {number}", "is_company": True, "street": f"{number} rue du Port", "zip": "69001",
     "city": "Lyon", "country_id": env.ref("base.fr").id}
    for number in range(values["count"])
])
invoices = env["account.move"].create([
    {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": today - timedelta(days=60),
     "invoice_date_due": today - timedelta(days=10), "invoice_payment_term_id": False,
     "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": False})]}
    for partner in partners
])
invoices.action_post()
notices = invoices._relance_send_by_hand()
assert notices.mapped("provider_state") == ["to_submit"] * values["count"], notices.mapped("provider_state")
result = {"token": company.relance_provider_token, "company": company.id, "today": str(today)}
"""

JOB = 'result = env.ref("relance_fr.ir_cron_provider_submit").method_direct_trigger()\n'
# The time of the next attempt has come.
LATER = """
env.cr.execute("UPDATE relance_notice SET provider_next_try = now() - interval '1 minute'")
env.cr.commit()
"""

FACTS = """
    SELECT name, state, provider_state, provider_reference, tracking_number, provider_attempts, provider_error
      FROM relance_notice ORDER BY id
"""


@pytest.fixture(scope="module")
def provider_template(charted_template):
    """Return a database where the provider of the tests is installed, to be copied."""
    others = os.environ.get("RELANCE_ADDONS", "")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RELANCE_ADDONS", os.pathsep.join(filter(None, (str(ADDONS), others))))
        # Its addons path was written down before.
        environment.delenv("ODOO_RC", raising=False)
        made = Database(charted_template)
        made.odoo("-i", "relance_fr_test_provider")
        yield made.name
    made.drop()


@pytest.fixture
def database(provider_template):
    """Return a fresh database where the provider of the tests is installed."""
    made = Database(provider_template)
    yield made
    made.drop()


@pytest.fixture
def provided(database):
    """Return a function that sends letters in the database."""

    def make(service, count=1):
        return database.script(READY + LETTERS, url=service.url, count=count)

    return make


def test_accepted_refused_and_out_of_order(database, provided):
    with LetterService("accept", "refuse", "error", "accept") as service:
        provided(service, count=4)
        database.script(JOB)
        rows = database.query(FACTS)
        assert [row[2] for row in rows] == ["submitted", "failed", "to_submit", "submitted"]
        assert rows[0][3:5] == ("T-1", "1A 001")
        assert rows[1][6] == "address incomplete"
        assert rows[2][5:] == (1, "HTTP 500")
        database.script(JOB)
        assert len(service.keys) == 4, "Nothing is tried again before its time."
        database.script(LATER + JOB)
        assert [row[2] for row in database.query(FACTS)] == ["submitted", "failed", "submitted", "submitted"]
        assert service.keys[2] == service.keys[4] and len(set(service.keys)) == 4
        assert service.letters[service.keys[0]]["address"] == ["0 rue du Port", "69001 LYON"]


def test_answer_that_comes_too_late(database, provided):
    """The service took the letter, the client gave up: the same key again, and one letter."""
    with LetterService("slow", "accept") as service:
        provided(service)
        database.script(JOB)
        [row] = database.query(FACTS)
        assert (row[2], row[5]) == ("to_submit", 1)
        database.script(LATER + JOB)
        [row] = database.query(FACTS)
        assert (row[2], row[3]) == ("submitted", "T-1")
        assert len(service.keys) == 2 and len(service.letters) == 1


def test_killed_between_the_acceptance_and_the_commit(database, provided, serve, login):
    with LetterService("hang", "accept") as service:
        provided(service, count=2)
        server = serve(database, "--max-cron-threads=0", check_log=False)
        session = login(server, database)
        cron = database.query(
            "SELECT res_id FROM ir_model_data WHERE module = 'relance_fr' AND name = 'ir_cron_provider_submit'"
        )[0][0]
        failures = []

        def run():
            try:
                session.call("ir.cron", "method_direct_trigger", [cron])
            except Exception as error:
                failures.append(error)

        job = threading.Thread(target=run)
        job.start()
        assert service.taken.wait(60)
        server.kill()
        job.join(30)
        assert failures, "The job was cut."
        assert [row[2:4] for row in database.query(FACTS)] == [("to_submit", None)] * 2
        service.release.set()
        database.script(LATER + JOB)
        assert [row[2:4] for row in database.query(FACTS)] == [("submitted", "T-1"), ("submitted", "T-2")]
        assert len(service.keys) == 3 and service.keys[0] == service.keys[1]
        assert len(service.letters) == 2


def test_two_jobs_at_once(database, provided):
    """The letter one of them is submitting is left alone by the other."""
    with LetterService("accept") as service:
        provided(service, count=6)
        failures = database.script(
            """
import threading
from odoo import SUPERUSER_ID, api

failures = []

def run():
    threading.current_thread().dbname = env.cr.dbname
    try:
        with env.registry.cursor() as cr:
            own = api.Environment(cr, SUPERUSER_ID, {})
            cron = own.ref("relance_fr.ir_cron_provider_submit")
            progress = own["ir.cron.progress"].create([{"cron_id": cron.id}])
            job = own["relance.notice"].with_context(ir_cron_progress_id=progress.id, cron_id=cron.id)
            job._cron_submit()
    except Exception as error:
        failures.append(repr(error))

threads = [threading.Thread(target=run) for _n in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(120)
result = failures
""",
            check_log=False,
        )
        # One may find that the other changed the queue it looked at: it is run again, as a job is.
        assert len(failures) < 2 and all("could not serialize" in failure for failure in failures), failures
        database.script(LATER + JOB)
        assert [row[2] for row in database.query(FACTS)] == ["submitted"] * 6
        assert len(service.letters) == 6


def test_callbacks(database, provided, serve):
    with LetterService("accept") as service:
        facts = provided(service)
        database.script(JOB)
        # Callbacks that come at once conflict and are tried again: PostgreSQL's answers are in the log.
        server = serve(database, "--max-cron-threads=0", check_log=False)
        url, token, day = f"{server.url}/relance_fr/provider/{facts['company']}", facts["token"], facts["today"]
        events = [
            {"id": "3", "reference": "T-1", "status": "received", "date": day, "receipt_name": "AR.pdf",
             "receipt": b64encode(b"%PDF receipt").decode()},
            {"id": "1", "reference": "T-1", "status": "posted", "date": day},
            {"id": "2", "reference": "T-1", "status": "presented", "date": f"{day}T11:00:00+01:00"},
        ]  # fmt: skip
        for wrong in ("wrong", "", None):
            assert service.call_back(url, *events, token=wrong) == (403, b"")
        assert service.call_back(url, *events, token=token, secret=b"other") == (400, b"")
        assert database.query("SELECT count(*) FROM relance_provider_event WHERE status <> 'submitted'") == [(0,)]

        answers = []
        threads = [
            threading.Thread(target=lambda event=event: answers.append(service.call_back(url, event, token=token)))
            for event in events * 3
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [status for status, _body in answers] == [200] * 9
        assert sorted(body for _status, body in answers) == [b'{"applied": 1}'] * 3 + [b'{"duplicate": 1}'] * 6
        [dates] = database.query("SELECT posted_date, presented_date, received_date, receipt_name FROM relance_notice")
        assert [str(value) for value in dates] == [day, day, day, "AR.pdf"]
        receipts = "SELECT count(*) FROM ir_attachment WHERE res_model = 'relance.notice' AND res_field = 'receipt'"
        assert database.query(receipts) == [(1,)]
        assert service.call_back(url, {**events[0], "reference": "T-9"}, token=token)[0] == 404


def test_news_asked_for(database, provided):
    with LetterService("accept") as service:
        facts = provided(service)
        database.script(JOB)
        service.events = [{"id": "1", "reference": "T-1", "status": "posted", "date": facts["today"]}]
        for _time in range(2):
            database.script('env["relance.notice"]._cron_fetch()')
        [row] = database.query("SELECT posted_date FROM relance_notice")
        assert str(row[0]) == facts["today"]
