"""What a letter quotes, by regime and by kind of letter."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from .regimes import BASES, REGIMES

#: The kinds of notices, from the mildest to the harshest.
KINDS = ("preventive", "courtesy", "firm", "formal", "final")
#: Those that claim what the law adds to the invoice.
CLAIMING_KINDS = ("firm", "formal", "final")
#: Those that put the debtor in default (Code civil, art. 1344).
FORMAL_KINDS = ("formal", "final")


class Mention(NamedTuple):
    """A passage of a letter: the stable `key` a template switches on, and the `article` it rests on."""

    key: str
    article: str


PENALTY_RATE_STATUTORY = Mention("penalty_rate_statutory", "Code de commerce, art. L441-10, II")
PENALTY_RATE_CONTRACT = Mention("penalty_rate_contract", "Code de commerce, art. L441-10, II")
PENALTY_FLOOR = Mention("penalty_floor", "Code de commerce, art. L441-10, II")
INDEMNITY_40 = Mention("indemnity_40", "Code de commerce, art. L441-10, II et D441-5")
NO_VAT = Mention("no_vat", "Code général des impôts, art. 256")
FORMAL_NOTICE = Mention("formal_notice", "Code civil, art. 1344")
LEGAL_INTEREST = Mention("legal_interest_from_notice", "Code civil, art. 1231-6 et 1344-1")
NO_COSTS = Mention(
    "no_costs_to_consumer", "Code des procédures civiles d\N{RIGHT SINGLE QUOTATION MARK}exécution, art. L111-8, al. 3"
)
PUBLIC_INTEREST = Mention("public_interest", "Code de la commande publique, art. L2192-13, R2192-31 et D2192-35")

#: What an article is called from a day on, oldest first, by the key of its mention. VAT leaves the CGI on 1/1/2027
#: (ordonnance 2026-671; the old names are tolerated until 30/06/2028).
RENAMED = {
    "no_vat": (
        (
            date(2027, 1, 1),
            "Code des impositions sur les biens et services, livre II (ancien art. 256 du Code général des impôts)",
        ),
    ),
}

# Not for every letter: the company chooses to say it to the businesses it writes to abroad (required() leaves it out).
APPLICABLE_LAW = Mention("applicable_law", "Règlement (CE) n° 593/2008, art. 3 et 4")


def named_on(mention: Mention, day: date | None) -> Mention:
    """Return `mention` with the name its article has on `day`; as named before any change when None.

    >>> named_on(NO_VAT, date(2026, 12, 31)).article
    'Code général des impôts, art. 256'
    >>> named_on(NO_VAT, date(2027, 1, 1)).article.split(",")[0]
    'Code des impositions sur les biens et services'
    """
    names = [name for since, name in RENAMED.get(mention.key, ()) if day and since <= day]
    return mention._replace(article=names[-1]) if names else mention


def required(regime: str, kind: str, terms_basis: str, day: date | None = None) -> tuple[Mention, ...]:
    """Return what a letter of `kind` to a debtor of `regime` quotes, in the order of the letter.

    `day` is that of the letter: articles are called by the names they have then.

    A preventive or courtesy letter asks for no more than the invoice and quotes nothing. From the firm one
    on, a business is told the rate of penalties (`terms_basis` as in Terms.basis: statutory, or the clause
    and its floor), the fixed compensation, and that neither bears VAT; the formal notice and the last letter
    add what makes a notice. A public body owes interest and compensation by the law alone, with no notice. A
    consumer is told that recovery costs stay with the creditor, and from the formal notice on that legal
    interest runs.

    Raises ValueError on an unknown regime, kind or basis.

    >>> [mention.key for mention in required("business", "formal", "fixed")]
    ['formal_notice', 'penalty_rate_contract', 'penalty_floor', 'indemnity_40', 'no_vat']
    >>> [mention.key for mention in required("public", "firm", "fixed")]
    ['public_interest', 'no_vat']
    >>> required("consumer", "firm", "ecb")[0].article
    'Code des procédures civiles d’exécution, art. L111-8, al. 3'
    >>> required("business", "courtesy", "ecb")
    ()
    """
    _check((regime, REGIMES), (kind, KINDS), (terms_basis, BASES))
    if kind not in CLAIMING_KINDS:
        return ()
    return tuple(named_on(mention, day) for mention in _required(regime, kind, terms_basis))


def _required(regime: str, kind: str, terms_basis: str) -> tuple[Mention, ...]:
    if regime == "public":
        return PUBLIC_INTEREST, NO_VAT
    notice = (FORMAL_NOTICE,) if kind in FORMAL_KINDS else ()
    if regime == "consumer":
        return (*notice, LEGAL_INTEREST, NO_VAT, NO_COSTS) if notice else (NO_COSTS,)
    rate = (PENALTY_RATE_STATUTORY,) if terms_basis == "ecb" else (PENALTY_RATE_CONTRACT, PENALTY_FLOOR)
    return (*notice, *rate, INDEMNITY_40, NO_VAT)


def required_on_invoice(regime: str, terms_basis: str) -> tuple[Mention, ...]:
    """Return what an invoice says of late payment, in its order (C. com. L441-9; discount terms come apart).

    A business is told the rate of penalties and the fixed compensation; a public body what the law makes it
    owe; a consumer nothing: those texts are about professionals.

    Raises ValueError on an unknown regime or basis.

    >>> [mention.key for mention in required_on_invoice("business", "fixed")]
    ['penalty_rate_contract', 'indemnity_40']
    >>> [mention.key for mention in required_on_invoice("public", "fixed")]
    ['public_interest']
    >>> required_on_invoice("consumer", "ecb")
    ()
    """
    _check((regime, REGIMES), (terms_basis, BASES))
    if regime == "consumer":
        return ()
    if regime == "public":
        return (PUBLIC_INTEREST,)
    return (PENALTY_RATE_STATUTORY if terms_basis == "ecb" else PENALTY_RATE_CONTRACT, INDEMNITY_40)


def _check(*values: tuple[str, tuple[str, ...]]) -> None:
    for value, known in values:
        if value not in known:
            raise ValueError(f"Unknown {value!r}: expected one of {', '.join(known)}")
