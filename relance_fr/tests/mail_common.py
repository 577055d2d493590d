from .notice.test_dispatch_mail import DUE, TODAY, DispatchMailCommon

__all__ = ["DUE", "NEXT_DAY", "TODAY", "GatewayCommon"]
NEXT_DAY = "2026-05-27"

ANSWER = """\
Return-Path: <{sender}>
From: {sender}
To: {to}
Subject: {subject}
Message-ID: <{number}@debtor.example.com>
In-Reply-To: {message_id}
References: {message_id}
Date: Wed, 27 May 2026 09:30:00 +0200
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
{headers}
{body}
"""
REPORT = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: {to}
Subject: {subject}
Message-ID: <{number}@mx.example.com>
Date: Wed, 27 May 2026 09:30:00 +0200
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain; charset="utf-8"

I'm sorry to inform you about your message.

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

{recipient}Action: {action}
Status: 5.1.1

--cut
Content-Type: message/rfc822

From: dunning@example.com
To: {address}
Subject: Reminder
Message-ID: {message_id}

Text

--cut--
"""


class GatewayCommon(DispatchMailCommon):
    """E-mails that come in about a notice, as a mailbox holds them, through Odoo's gateway."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count = 0

    def _courtesy(self, **vals):
        """Send a courtesy reminder by e-mail and let it leave; return its notice."""
        notice = self._send(self._invoice(1000, DUE, **vals), TODAY)
        self._leave(notice)
        self.assertEqual(notice.delivery_state, "sent")
        return notice

    def _process(self, text, **values):
        type(self).count += 1
        text = text.format(number=self.count, **values)
        self.env["mail.thread"].sudo().message_process(None, text)
        self.env.invalidate_all()

    def _answer(self, notice, body="Le virement part demain.", headers="", subject="Re: Rappel", sender=None):
        self._process(
            ANSWER,
            sender=sender or notice.email_to,
            to="catchall@example.com",
            subject=subject,
            message_id=notice.mail_id.sudo().message_id,
            headers=f"{headers}\n" if headers else "",
            body=body,
        )

    def _report(self, notice, address=None, action="failed", subject="Undelivered Mail"):
        """Let a mail server report on the e-mail of ``notice``; ``address`` False: it names none."""
        address = notice.email_to if address is None else address
        self._process(
            REPORT,
            to="bounce@example.com",
            subject=subject,
            message_id=notice.mail_id.sudo().message_id,
            recipient=f"Final-Recipient: rfc822; {address}\n" if address else "",
            address=address or "",
            action=action,
        )
