"""What a mail server answered for each recipient, which smtplib tells and Odoo does not read."""

import smtplib


class WatchedSession:
    """An SMTP session that fails a message of ours when the server took it for its copies only.

    smtplib raises when every recipient is refused; when one is accepted it returns the others, and a reminder the
    debtor never got would count as sent because a colleague in copy got it.

    :param session: the session of Odoo, to which everything else is passed on
    :param recipients: ``{Message-ID: set of the addresses the message is for}`` of the messages to watch
    """

    def __init__(self, session, recipients):
        self._session = session
        self._recipients = recipients

    def __getattr__(self, name):
        return getattr(self._session, name)

    def send_message(self, message, *args, **kwargs):
        """Send ``message``.

        :raise smtplib.SMTPRecipientsRefused: when none of those it is for was accepted
        """
        refused = self._session.send_message(message, *args, **kwargs)
        wanted = self._recipients.get(message["Message-Id"])
        answers = {address.lower(): answer for address, answer in (refused or {}).items()}
        if wanted and wanted <= set(answers):
            raise smtplib.SMTPRecipientsRefused(refused)
        return refused
