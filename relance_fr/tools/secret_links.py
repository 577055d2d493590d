"""Links to the pages of debtors: plain in what is stored and read by many, complete in the e-mail that leaves."""

import re


def _pages(kinds):
    slash = "(?:/|%2F)"
    # Encoded as well: mail readers wrap the links of what they quote into links of their own.
    page = rf"{slash}my{slash}(?:{kinds}){slash}[0-9]+(?:{slash}[a-z]+)*"
    return re.compile(rf"({page})(?:\?|%3F)[^\s\"'<>]*", re.IGNORECASE)


_OWN = _pages("relance|payment-plans")
_WITH_INVOICES = _pages("relance|payment-plans|invoices")
# The address by which core shares a record: with the same secret, whatever stands around it.
_SHARED = re.compile(
    r"/mail/view\?(?=[^\s\"'<>]*access_token=)(?=[^\s\"'<>]*model=relance\.commitment)[^\s\"'<>]*"
    r"res_id=([0-9]+)[^\s\"'<>]*"
)


def without_secrets(body, invoices=False):
    """Return ``body`` (HTML or text) with the links to pages of debtors cut before their query, which holds the secret.

    :param invoices: cut the links to invoices as well

    >>> without_secrets('<a href="https://x.fr/my/relance/3?token=a-b">Voir</a>')
    '<a href="https://x.fr/my/relance/3">Voir</a>'
    >>> without_secrets("https://x.fr/my/invoices/3?access_token=a", invoices=True)
    'https://x.fr/my/invoices/3'
    >>> without_secrets("https://x.fr/mail/view?model=relance.commitment&amp;res_id=3&amp;access_token=a")
    'https://x.fr/my/payment-plans/3'
    """
    if not isinstance(body, str) or not ("?" in body or "%3" in body):
        return body
    cut = (_WITH_INVOICES if invoices else _OWN).sub(r"\1", body)
    return type(body)(_SHARED.sub(r"/my/payment-plans/\1", cut))


def with_secrets(body, queries):
    """Return ``body`` (HTML) in which each link to a page of ``queries`` ({address: query}) carries its query.

    Only whole addresses are completed: another site that has ours in its own address is told nothing.

    >>> with_secrets('<a href="https://x.fr/my/relance/3">', {"https://x.fr/my/relance/3": "token=a"})
    '<a href="https://x.fr/my/relance/3?token=a">'
    >>> with_secrets('<a href="https://y.fr/?u=https://x.fr/my/relance/3">', {"https://x.fr/my/relance/3": "token=a"})
    '<a href="https://y.fr/?u=https://x.fr/my/relance/3">'
    """
    if not queries:
        return body
    addresses = "|".join(re.escape(address) for address in sorted(queries, key=len, reverse=True))

    def complete(found):
        return f"{found[1]}{found[2]}{found[3]}?{queries[found[3]]}{found[2]}"

    return type(body)(re.sub(rf"""(href=)(["'])({addresses})\2""", complete, body))


def without_file_link(body, file_id):
    """Return ``body`` (HTML) without the link that core made of an attached file, and whether there was one.

    >>> row = '<div><a style="b" href="https://x.fr/web/content/%s?download=1&amp;access_token=a">c</a></div>'
    >>> without_file_link((row % 12) + (row % 1), 1) == (row % 12, True)
    True
    >>> without_file_link("<p>1</p>", 1)
    ('<p>1</p>', False)
    """
    link = rf'<div>\s*<a [^>]*href="[^"]*/web/content/{file_id}\?[^"]*access_token=[^"]*"[^>]*>[^<]*</a>\s*</div>'
    cut, count = re.subn(link, "", body)
    return type(body)(cut), bool(count)
