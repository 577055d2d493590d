"""What people get wrong: a rate that was not entered, an e-mail template that fails for one debtor."""

from faults import checks
from faults.sizes import FEW
from support.company import today

_TOLD = "SELECT summary FROM mail_activity WHERE res_model = 'res.partner' AND active"
_BREAK = """
level = env["relance.level"].search([("name", "=", "Courtesy")])
for lang, _name in env["res.lang"].get_installed():
    template = level._get_template().with_context(lang=lang)
    template.body_html = (
        "<t t-if=\\"object.partner_id.name == '%s'\\" t-out=\\"object.partner_id.no_such_field\\"/>" % values["debtor"]
    ) + str(template.body_html)
"""


def test_rate_of_the_semester_is_missing(debtors, jobs, smtp, figures):
    database = debtors(FEW)
    day = today()
    semester = f"{day.year} S{1 if day.month < 7 else 2}"
    start = day.replace(month=1 if day.month < 7 else 7, day=1)
    database.query("CREATE TABLE kept_rate AS SELECT * FROM relance_rate WHERE date_from >= %s", start)
    database.query("DELETE FROM relance_rate WHERE date_from >= %s", start)
    jobs(database, smtp, least=2).finish()
    assert checks.to_debtors(smtp) == [] and checks.states(database) == {}
    [(told,)] = database.query(_TOLD)
    assert semester in told
    database.query("INSERT INTO relance_rate SELECT * FROM kept_rate")
    done = jobs(database, smtp).finish()
    assert checks.outcome(database, smtp, FEW, done) == 0
    figures.append({"fault": "legal rate missing, then entered", "notices": FEW, "came twice": 0})


def test_template_that_fails_for_one_debtor(debtors, jobs, smtp, figures):
    database = debtors(FEW)
    [(name, address)] = database.query("SELECT name, email FROM res_partner WHERE name LIKE 'Client %%7' LIMIT 1")
    database.script(_BREAK, debtor=name)
    done = jobs(database, smtp).finish()
    came = [message["X-Envelope-To"] for message in checks.to_debtors(smtp)]
    assert len(came) == len(set(came)) == FEW - 1 and address not in came
    rows = database.query("SELECT state, failure_reason FROM relance_notice WHERE email_to = %s", address)
    assert [state for state, _reason in rows] == ["failed"], rows
    assert "no_such_field" in rows[0][1] and "Traceback" not in rows[0][1]
    assert checks.states(database) == {"sent": FEW - 1, "failed": 1}
    checks.register(done, FEW)
    figures.append({"fault": "template fails for one debtor", "notices": FEW, "came twice": 0})
