"""Figures, dates and identifiers as a letter writes them, in the language of the debtor."""

import re

from odoo.tools.i18n import format_list
from odoo.tools.misc import format_amount, format_date

NBSP = "\N{NO-BREAK SPACE}"


class LetterFormat:
    """Write amounts, rates and days of one letter.

    :param lang: ``res.lang`` data of the letter (``env["res.lang"]._get_data(code=...)``)
    :param currency: ``res.currency`` of the invoices
    """

    def __init__(self, env, lang, currency):
        self.env = env
        self.lang = lang
        self.currency = currency
        self.is_french = lang.code.startswith("fr")
        self._lang_record = env["res.lang"].browse(lang.id)

    def money(self, amount, cents=True):
        """Return an amount with the symbol of its currency, 1234.5 as "1 234,50 €".

        :param amount: in the currency of the invoices, or (amount, currency) for another one
        :param cents: False drops ",00" from a round amount
        """
        value, currency = amount if isinstance(amount, tuple) else (amount, self.currency)
        text = format_amount(self.env, float(value), currency, self.lang.code, trailing_zeroes=cents)
        if self.is_french and currency.position == "before":
            # French writes the currency after the figure, whichever it is.
            text = f"{text.replace(currency.symbol, '').strip()}{NBSP}{currency.symbol}"
        return text

    def number(self, amount):
        """Return an amount without symbol, for a table whose heading names the currency."""
        text = self._lang_record.format(f"%.{self.currency.decimal_places}f", float(amount), grouping=True)
        return text.replace(" ", NBSP)

    def cell(self, amount):
        """Return `number`, or a dash for zero: what a column holds for most lines."""
        return self.number(amount) if amount else "\N{EN DASH}"

    def percent(self, rate):
        """Return an annual rate, Decimal("12.150") as "12,15 %"; two decimals at least, no useless zero after."""
        decimals = max(2, -rate.normalize().as_tuple().exponent)
        text = self._lang_record.format(f"%.{decimals}f", float(rate), grouping=False)
        return f"{text}{NBSP}%" if self.is_french else f"{text}%"

    def rate(self, rate):
        """Return an exchange rate, 0.8 as "0,8": up to six decimals, no useless zero."""
        text = self._lang_record.format("%.6f", float(rate), grouping=False)
        return text.rstrip("0").rstrip(",.")

    def day(self, date):
        """Return a date in full, "31 août 2026"; French says "1er" for the first of a month."""
        if not date:
            return ""
        text = format_date(self.env, date, lang_code=self.lang.code, date_format="long")
        if self.is_french and date.day == 1:
            text = re.sub(r"^1\b", "1er", text)
        return text.replace(" ", NBSP)

    def short_day(self, date):
        """Return a date for a table: figures in French, the month in letters where figures are ambiguous."""
        if not date:
            return ""
        pattern = "dd/MM/yyyy" if self.is_french else "d MMM yyyy"
        return format_date(self.env, date, lang_code=self.lang.code, date_format=pattern).replace(" ", NBSP)

    def days(self, dates):
        """Return dates of one sentence; French says the month and the year once: "7 et 15 septembre 2026"."""
        texts = [self.day(date) for date in dates]
        if self.is_french and dates:
            last = texts[-1].split(NBSP)
            if len({date.year for date in dates}) == 1:
                shared = last[1:] if len({date.month for date in dates}) == 1 else last[2:]
                texts = [text.removesuffix(NBSP + NBSP.join(shared)) for text in texts[:-1]] + texts[-1:]
        return self.listing(texts)

    def listing(self, texts):
        """Return ``texts`` as "a, b et c", the way the language joins a list."""
        return format_list(self.env, list(texts), lang_code=self.lang.code)


def group(text, sizes, space=NBSP):
    """Cut a run of characters with spaces: ``sizes`` in order, the last one repeated.

    >>> group("FR7630004028379876543210943", [4], space=" ")
    'FR76 3000 4028 3798 7654 3210 943'
    >>> group("12345678900012", [3, 3, 3, 5], space=" ")
    '123 456 789 00012'
    """
    parts, sizes = [], list(sizes)
    while text:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        parts.append(text[:size])
        text = text[size:]
    return space.join(parts)


def registration(number, is_french=True):
    """Return ``(siren, siret)`` from a company registry number, grouped as they are written; ``""`` when unknown.

    >>> [part.replace(NBSP, " ") for part in registration("123 456 789 00012")]
    ['123 456 789', '123 456 789 00012']
    >>> registration("HRB 1234"), registration("123456789", is_french=False)
    (('', ''), ('', ''))
    """
    digits = re.sub(r"[\s.]", "", number or "")
    if not is_french or not re.fullmatch(r"\d{9}(\d{5})?", digits):
        return "", ""
    siret = group(digits, [3, 3, 3, 5]) if len(digits) == 14 else ""
    return group(digits[:9], [3]), siret


def one_line(text):
    """Return ``text`` without line breaks nor runs of spaces: a subject, a file title.

    >>> one_line("Reminder\\r\\nBcc: x@example.com")
    'Reminder Bcc: x@example.com'
    """
    return " ".join((text or "").split())


def unbroken(article):
    """Return a reference to an article that is not cut from its number at the end of a line.

    >>> unbroken("Code civil, art. 1344").replace(NBSP, "~")
    'Code civil, art.~1344'
    """
    return article.replace("art. ", f"art.{NBSP}")
