"""The database every fault starts from: debtors with one overdue invoice each, everything automatic. Runs in Odoo."""

from odoo import Command

from bench import rows

#: Every fifth debtor gets a formal notice with its letter, by registered post and e-mail.
LETTER_EVERY = 5
AGES = (40, 100)


def build(env, count):
    """Make ``count`` debtors and the two calendars that say what they get."""
    rows.build(env, count, today=env.company._relance_today(), per_debtor=1, ages=AGES)
    company = env.company
    plain = _calendar(env, "Courtesy", kind="courtesy", delay=7)
    formal = _calendar(env, "Formal", kind="formal", delay=30, channel_registered=True, deadline_days=15)
    # One day at a time, whatever the day of the week these tests run on.
    company.write({"relance_calendar_id": plain.id, "relance_automatic": True})
    _ensure_rates(env)
    debtors = env["res.partner"].search([("name", "=like", "Client %")], order="id")
    debtors[::LETTER_EVERY].relance_calendar_id = formal
    manager = env.ref("base.user_admin")
    manager.email = "compta@atelier.example.com"
    return len(debtors)


def _calendar(env, name, **level):
    level = {"name": name, "channel_email": True, "automatic": True, **level}
    return env["relance.calendar"].create(
        {
            "name": name,
            "min_days": 0,
            "skip_holidays": False,
            "send_sat": True,
            "send_sun": True,
            "level_ids": [Command.create(level)],
        }
    )


def _ensure_rates(env):
    """Give the current semester rates, whatever the day these tests are run on."""
    today = env.company._relance_today()
    start = today.replace(month=1 if today.month < 7 else 7, day=1)
    rates = env["relance.rate"]
    last = rates.search([], order="date_from desc", limit=1)
    if last.date_from < start:
        rates.create(last.copy_data({"date_from": start})[0])
