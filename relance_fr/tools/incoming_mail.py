"""What an incoming e-mail is: an answer of a person, or what a machine sent instead."""

import re

from odoo.tools import html2plaintext

# Subjects of absence messages that announce themselves by nothing else.
AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(?:(?:re|tr|fwd?)\s*:\s*)*\[?(?:"
    r"out of (?:the )?office|automatic(?:ally)? (?:reply|response)|auto(?:matic)?[- ]?(?:reply|response)|"
    r"absence du bureau|absente? du bureau|message d[’']absence|"
    r"r[ée]ponse (?:automatique|d[’']absence)|notification d[’']absence|abwesenheits|fuera de (?:la )?oficina)",
    re.IGNORECASE,
)
# What follows is the message that is answered.
QUOTE = re.compile(r"^(?:>|-{3,}|_{5,}|(?:Le|On) .{6,120}(?:a écrit|wrote)\s*:?$|(?:De|From)\s*:)")
# What a delivery status says when the message is not lost (RFC 3464).
NOT_LOST = frozenset({"delayed", "delivered", "relayed", "expanded"})


def is_automatic(message):
    """Tell whether ``message`` (``email.message.Message``) was sent by a machine: absence, receipt, list (RFC 3834)."""

    def header(name):
        return str(message.get(name) or "").strip().lower()

    return (
        header("Auto-Submitted").partition(";")[0].strip() not in ("", "no")
        or any(header(name) for name in ("X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond"))
        or header("Precedence") in ("auto_reply", "auto-reply", "bulk", "junk")
        or header("Return-Path") == "<>"
        or bool(AUTOMATIC_SUBJECT.match(str(message.get("Subject") or "")))
    )


def delivery_action(message):
    """Return what the delivery status in ``message`` says of it ("failed", "delayed"...), "" without one."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            actions = [str(fields.get("Action") or "").strip().lower() for fields in part.get_payload()]
            return next(filter(None, actions), "")
    return ""


def first_lines(body, count=5, length=400):
    """Return the first lines of an HTML ``body``, without the message it answers, as plain text."""
    lines = []
    for line in html2plaintext(body or "").splitlines():
        text = line.strip()
        if QUOTE.match(text):
            break
        if text:
            lines.append(text)
    excerpt = "\n".join(lines[:count])
    return excerpt if len(excerpt) <= length else excerpt[: length - 1].rstrip() + "…"
