from odoo.tools import SQL


def migrate(cr, version):
    """Cut the secret out of the links to debtors' pages in the messages and e-mails that are kept.

    Many read them who may not act for the debtor. Links in e-mails that left go on working; e-mails that wait get
    theirs as they leave.
    """
    own = r"((?:/|%2F)my(?:/|%2F)(?:relance|payment-plans)(?:/|%2F)[0-9]+(?:(?:/|%2F)[a-z]+)*)(?:\?|%3F)[^\s\"'<>]*"
    with_invoices = own.replace("payment-plans", "payment-plans|invoices")
    # Core's button: the address of the record with the token of its link.
    button = (
        r"/mail/view\?(?=[^\s\"'<>]*access_token=)(?=[^\s\"'<>]*model=relance\.commitment)[^\s\"'<>]*"
        r"res_id=([0-9]+)[^\s\"'<>]*"
    )
    about_dunning = SQL("message.model LIKE 'relance.%%'")
    for pattern, replaced, condition in (
        (own, r"\1", SQL("TRUE")),
        (with_invoices, r"\1", about_dunning),
        (button, r"/my/payment-plans/\1", SQL("TRUE")),
    ):
        cr.execute(
            SQL(
                """
                UPDATE mail_message message SET body = regexp_replace(message.body, %(pattern)s, %(replaced)s, 'gi')
                 WHERE message.body ~* %(pattern)s AND %(condition)s
                """,
                pattern=pattern,
                replaced=replaced,
                condition=condition,
            )
        )
        cr.execute(
            SQL(
                """
                UPDATE mail_mail mail SET body_html = regexp_replace(mail.body_html, %(pattern)s, %(replaced)s, 'gi')
                  FROM mail_message message
                 WHERE message.id = mail.mail_message_id AND mail.body_html ~* %(pattern)s AND %(condition)s
                """,
                pattern=pattern,
                replaced=replaced,
                condition=condition,
            )
        )
