"""The peer's side, inside Odoo: OCA account_credit_control, compute, mark ready, communications, e-mails."""

from .meter import Meter
from .rows import TODAY


def email(env, mails, letters):
    """Dun every debtor by the first level of the peer's three-level policy; e-mail a sample of them.

    :param mails: number of e-mails without a PDF; :param letters: number of e-mails with the PDF it ships
    """
    company = env.company
    policy = env.ref("account_credit_control.credit_control_3_time")
    accounts = env["account.move.line"]._read_group(
        [("display_type", "=", "payment_term"), ("company_id", "=", company.id)], ["account_id"]
    )
    policy.account_ids = [account.id for (account,) in accounts]
    company.credit_policy_id = policy
    meter = Meter(env)
    run = env["credit.control.run"].create({"date": TODAY, "policy_ids": policy.ids, "company_id": company.id})
    with meter.step("compute"):
        run.generate_credit_lines()
    with meter.step("mark ready"):
        run.set_to_ready_lines()
    with meter.step("communications"):
        communications = env["credit.control.communication"]._generate_comm_from_credit_lines(run.line_ids)
    made = {"instalments": len(run.line_ids), "notices": len(communications)}
    # Queued like ours, not delivered: what a mail server costs is no part of either.
    queued = communications.with_context(mail_notify_force_send=False)
    template = communications.policy_level_id.email_template_id
    reports = template.report_template_ids
    template.report_template_ids = False
    with meter.step("email", mails):
        queued[:mails]._generate_emails()
    template.report_template_ids = reports
    if letters:
        with meter.step("email with PDF", letters):
            queued[mails : mails + letters]._generate_emails()
    for step in meter.steps[:3]:
        step["count"] = made["instalments"] if step["step"] != "communications" else made["notices"]
    made["mails"] = env["mail.mail"].search_count([("model", "=", "credit.control.communication")])
    return {"steps": meter.steps, "made": made}
