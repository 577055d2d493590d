"""Our side, inside Odoo: decide, draft, seal, email; letters apart."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command

from .meter import Meter
from .rows import TODAY

#: After this time every instalment has come to its second level, with a history to look at.
NEXT_LEVEL = timedelta(days=20)


def _at_today(env):
    """Make the company's day :data:`TODAY`: the clock of the machine stays as it is, and cheap to read."""
    return patch.object(type(env["res.company"]), "_relance_today", lambda company: TODAY)


def email(env):
    """Dun every debtor by the first level of the standard calendar, an e-mail without a letter."""
    company = env.company
    standard = env.ref("relance_fr.relance_calendar_standard")
    company.write({"relance_calendar_id": standard.id, "relance_automatic": True})
    env = company.with_company(company).env
    meter = Meter(env)
    with _at_today(env):
        run = env["relance.run"].create({"company_id": company.id, "date": TODAY})
        with meter.step("decide"):
            run._decide(by_hand=True)
        with meter.step("draft"):
            notices = run._draft(approved=True)
        with meter.step("seal"):
            run.state = "confirmed"
            notices._seal()
        with meter.step("email"):
            env["relance.job"]._dispatch_pending()
        later = env["relance.run"].create({"company_id": company.id, "date": TODAY + NEXT_LEVEL})
        with meter.step("decide, 2nd level"):
            later._decide(by_hand=True)
    sent = env["relance.notice"].search([("state", "=", "sent")])
    mails = env["mail.mail"].search_count([("model", "=", "relance.notice")])
    made = {"instalments": len(sent.line_ids), "notices": len(sent), "mails": mails}
    for step in meter.steps:
        step["count"] = made["instalments"] if step["step"].startswith("decide") else made["notices"]
    return {"steps": meter.steps, "made": made, "register": env["relance.notice"]._verify_register(company)}


def letters(env, count):
    """Send ``count`` debtors a registered formal notice, whose letter is rendered and sealed."""
    company = env.company
    level = {"name": "Formal notice", "delay": 10, "kind": "formal", "channel_registered": True, "deadline_days": 15}
    calendar = env["relance.calendar"].create({"name": "Letters", "level_ids": [Command.create(level)]})
    signatory = env.ref("base.user_admin")
    company.write({"relance_calendar_id": calendar.id, "relance_automatic": True, "relance_signatory_id": signatory.id})
    env = company.with_company(company).env
    debtors = env["res.partner"].search([("name", "=like", "Client %")], limit=count, order="id")
    moves = env["account.move"].search([("commercial_partner_id", "in", debtors.ids), ("state", "=", "posted")])
    meter = Meter(env)
    with _at_today(env):
        run = env["relance.run"].create({"company_id": company.id, "date": TODAY})
        run._decide(by_hand=True, moves=moves)
        notices = run._draft(approved=True)
        with meter.step("seal with letters", len(notices)):
            notices._seal()
    pages = [notice.attachment_id.raw[:5] for notice in notices]
    return {"steps": meter.steps, "made": {"notices": len(notices), "letters": pages.count(b"%PDF-")}}
