"""The addon installed on a database that already has invoices: in the calendar, in a constant number of statements."""

import re
from datetime import date, timedelta

import holidays
import pytest

from dev import databases
from support.company import READY
from support.database import Database

INVOICES = """
from datetime import timedelta
from odoo import fields

company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading("fr", company=company, install_demo=False)
# The day in France: the addon, which would tell it, is not there yet.
today = fields.Date.context_today(company.with_context(tz="Europe/Paris"))
partners = env["res.partner"].create(
    [
        {"name": f"Customer {number}", "is_company": True, "email": f"customer{number}@example.com"}
        for number in range(10)
    ]
)
invoices = env["account.move"].create(
    [
        {
            "move_type": "out_invoice",
            "partner_id": partners[number % 10].id,
            "invoice_date": today - timedelta(days=60),
            "invoice_date_due": today + timedelta(days=values["due"]),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [(0, 0, {"name": "Work", "quantity": 1, "price_unit": 100, "tax_ids": False})],
        }
        for number in range(values["count"])
    ]
)
invoices.action_post()
result = invoices.ids
"""

STATEMENTS = re.compile(r"Module relance_fr loaded in [\d.]+s, (\d+) queries")


def install(count, due):
    """Install the addon where ``count`` invoices fall due in ``due`` days.

    :return: the database, for the caller to drop, and the number of statements the installation took
    """
    database = Database(databases.base_template())
    try:
        database.script(INVOICES, count=count, due=due)
        log = database.odoo("-i", "relance_fr")
    except BaseException:
        database.drop()
        raise
    return database, int(STATEMENTS.search(log).group(1))


@pytest.fixture(scope="module")
def installed():
    """Return two installations, with 20 and with 200 overdue invoices."""
    made = [install(count, due=-30) for count in (20, 200)]
    yield made
    for database, _statements in made:
        database.drop()


def test_installing_does_not_go_through_the_invoices(installed):
    (_few, for_few), (_many, for_many) = installed
    assert for_many - for_few < 20, f"{for_few} statements for 20 invoices, {for_many} for 200"


def test_every_invoice_is_in_the_calendar(installed):
    for (database, _statements), count in zip(installed, (20, 200), strict=True):
        rows = database.query(
            """
            SELECT level.kind, move.relance_next_date, move.invoice_date_due, count(*)
              FROM account_move move LEFT JOIN relance_level level ON level.id = move.relance_next_level_id
             WHERE move.move_type = 'out_invoice' GROUP BY 1, 2, 3
            """
        )
        [(kind, day, due, found)] = rows
        assert (kind, day, found) == ("courtesy", _working_day(due + timedelta(days=7)), count)


def _working_day(day: date) -> date:
    """Return ``day``, or the next one that is neither of a week-end nor a public holiday: how a new company sends."""
    while day.weekday() > 4 or day in holidays.France(years=day.year):
        day += timedelta(days=1)
    return day


def test_regimes_are_filled(installed):
    database, _statements = installed[1]
    assert database.query("SELECT count(*) FROM res_partner WHERE relance_regime IS NULL") == [(0,)]
    rows = database.query("SELECT DISTINCT relance_regime FROM res_partner WHERE name LIKE 'Customer %'")
    assert rows == [("business",)]


def test_nobody_is_dunned_by_the_installation(installed):
    database, _statements = installed[1]
    assert database.query("SELECT count(*) FROM relance_notice") == [(0,)]
    database.script(f"{READY}\nenv['relance.run']._cron_escalate()\nenv['relance.run']._cron_dispatch()")
    assert database.query("SELECT state, count(*) FROM relance_notice GROUP BY 1") == [("to_approve", 10)]
    mails = "SELECT count(*) FROM mail_mail JOIN mail_message ON mail_message.id = mail_message_id WHERE model = %s"
    assert database.query(mails, "relance.notice") == [(0,)]


def test_automatic_where_nothing_is_overdue():
    database, _statements = install(5, due=30)
    try:
        automatic = "SELECT relance_automatic FROM res_company"
        assert database.query(automatic) == [(True,)]
    finally:
        database.drop()


def test_automatic_is_off_where_invoices_are_overdue(installed):
    assert installed[0][0].query("SELECT relance_automatic FROM res_company") == [(False,)]
