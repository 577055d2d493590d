"""What the demo came to: collected inside Odoo, printed by ``make demo``, read by its test."""

import shutil
from pathlib import Path

from . import demo_data

_KINDS = ("preventive", "courtesy", "firm", "formal", "final")
_MONEY = ("principal_amount", "penalty_amount", "indemnity_amount", "total_amount")


def collect(env):
    """Return the figures of the demo database as a dict that JSON can hold; amounts are texts with two decimals."""
    notices = env["relance.notice"]
    return {
        "company": env.company.name,
        "debtors": len(demo_data.DEBTORS),
        "invoices": env["account.move"].search_count([("move_type", "=", "out_invoice"), ("state", "=", "posted")]),
        "notices": _count_notices(env),
        "claimed": _sum_claims(env),
        "emails": notices.search_count([("mail_id.state", "=", "sent")])
        + env["relance.commitment.reminder"].search_count([("sent_on", "!=", False)]),
        "registers": [_read_register(env, company) for company in env["res.company"].search([])],
    }


def export(env, folder):
    """Write the letters of the register and the legal PDFs of the invoices below ``folder``; return their counts."""
    notices = env["relance.notice"].search([("attachment_id", "!=", False)])
    printed = env["ir.attachment"].search(
        [("res_model", "=", "account.move"), ("res_field", "=", "invoice_pdf_report_file")]
    )
    letters = {f"{notice.name.replace('/', '-')}_{notice.kind}": notice.attachment_id for notice in notices}
    invoices = env["account.move"].browse(printed.mapped("res_id"))
    documents = {invoice.name.replace("/", "-"): invoice.invoice_pdf_report_id for invoice in invoices}
    for name, attachments in (("letters", letters), ("invoices", documents)):
        target = Path(folder, name)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for stem, attachment in attachments.items():
            (target / f"{stem}.pdf").write_bytes(attachment.raw)
    return {"letters": len(letters), "invoice_pdfs": len(documents)}


def _count_notices(env):
    """Return a row for each level, channel, state and currency: the count and the sums."""
    notices = env["relance.notice"].search([])
    keys = ("kind", "channel", "state", "currency_id")
    groups = {}
    for notice in notices:
        key = (notice.kind, notice.channel, notice.state, notice.currency_id.name)
        groups.setdefault(key, []).append(notice.id)
    rows = []
    for key in sorted(groups, key=lambda key: (_KINDS.index(key[0]), key[1:])):
        members = notices.browse(groups[key])
        sums = {name.partition("_")[0]: f"{sum(members.mapped(name)):.2f}" for name in _MONEY}
        names = dict(zip((*keys[:3], "currency"), key, strict=True))
        rows.append({**names, "count": len(members), **sums})
    return rows


def _sum_claims(env):
    """Return what the last notice sent for each instalment claims, by currency: no sum is counted twice."""
    lines = env["relance.notice.line"].search([("state", "=", "sent")], order="date, id")
    last = {line.line_id.id: line for line in lines}
    claimed = {}
    for line in last.values():
        sums = claimed.setdefault(line.currency_id.name, dict.fromkeys(_MONEY, 0.0))
        for name in _MONEY:
            sums[name] += line[name]
    return {
        currency: {name.partition("_")[0]: f"{amount:.2f}" for name, amount in sums.items()}
        for currency, sums in claimed.items()
    }


def _read_register(env, company):
    notices = env["relance.notice"].search(
        [("company_id", "=", company.id), ("seal", "!=", False)], order="seal_sequence"
    )
    verified = env["relance.notice"]._verify_register(company)
    return {
        "company": company.name,
        "first": notices[:1].name,
        "last": notices[-1:].name,
        "checked": verified["checked"],
        "valid": verified["valid"],
        "reason": verified["reason"],
    }


def text(summary):
    """Return the summary as lines to print."""
    lines = [
        "",
        f"{summary['company']}: {summary['invoices']} invoices to {summary['debtors']} debtors, "
        f"{summary['first_day']} to {summary['last_day']} played day by day",
        *([summary["remark"]] if summary["remark"] else []),
        "",
        _row("notices", "channel", "state", "count", "principal", "penalties", "indemnity", "total", ""),
    ]
    for row in summary["notices"]:
        figures = [row[name] for name in ("principal", "penalty", "indemnity", "total", "currency")]
        lines.append(_row(row["kind"], row["channel"], row["state"].replace("_", " "), row["count"], *figures))
    lines.append("")
    for currency, sums in summary["claimed"].items():
        figures = [sums[name] for name in ("principal", "penalty", "indemnity", "total")]
        lines.append(_row("claimed by the last notice of each instalment", "", "", "", *figures, currency))
    lines.append("")
    lines += [_register_line(register) for register in summary["registers"]]
    lines += [
        f"e-mails   {summary['received']} received by the local SMTP server, {summary['refused']} refused: "
        f"{summary['mail_folder']}",
        f"PDF files {summary['letters']} letters, {summary['invoice_pdfs']} invoices: {summary['pdf_folder']}",
    ]
    return "\n".join(lines)


def _register_line(register):
    verdict = f"{register['checked']} seals verified" if register["valid"] else f"BROKEN: {register['reason']}"
    return f"register  {register['first']} to {register['last']} of {register['company']}: {verdict}"


def _row(kind, channel, state, count, *figures):
    """Return a line of the table; a long first column runs over the empty ones that follow it."""
    head = f"{kind:<12}{channel:<12}{state:<12}{count:>6}" if channel else f"{kind:<42}"
    return f"{head[:46]:<42}" + "".join(f"{figure:>12}" for figure in figures[:-1]) + f" {figures[-1]}"
