"""What each letter quotes."""

from datetime import date

import pytest
from law import required
from law.mentions import KINDS
from law.regimes import BASES, REGIMES

STATUTORY = ["penalty_rate_statutory", "indemnity_40", "no_vat"]
CONTRACT = ["penalty_rate_contract", "penalty_floor", "indemnity_40", "no_vat"]
CONSUMER = ["formal_notice", "legal_interest_from_notice", "no_vat", "no_costs_to_consumer"]


def keys(regime, kind, basis="ecb"):
    return [mention.key for mention in required(regime, kind, basis)]


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("kind", ["preventive", "courtesy"])
def test_first_letters_quote_nothing(regime, kind):
    assert keys(regime, kind) == []


@pytest.mark.parametrize("basis", BASES)
def test_business(basis):
    rate = STATUTORY if basis == "ecb" else CONTRACT
    assert keys("business", "firm", basis) == rate
    assert keys("business", "formal", basis) == keys("business", "final", basis) == ["formal_notice", *rate]


@pytest.mark.parametrize("kind", ["firm", "formal", "final"])
def test_public_body_owes_by_the_law_alone(kind):
    assert keys("public", kind, "fixed") == ["public_interest", "no_vat"]


def test_consumer():
    assert keys("consumer", "firm") == ["no_costs_to_consumer"]
    assert keys("consumer", "formal") == keys("consumer", "final") == CONSUMER


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("basis", BASES)
def test_every_mention_names_its_article_once(regime, kind, basis):
    mentions = required(regime, kind, basis)
    assert len({mention.key for mention in mentions}) == len(mentions)
    assert all("art. " in mention.article for mention in mentions)


def test_consumer_is_never_told_of_business_penalties():
    for kind in KINDS:
        assert not {*STATUTORY[:-1], *CONTRACT[:-1]} & set(keys("consumer", kind))


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("martian", "firm", "ecb"), "Unknown 'martian': expected one of business"),
        (("business", "angry", "ecb"), "Unknown 'angry': expected one of preventive"),
        (("business", "firm", "euribor"), "Unknown 'euribor': expected one of ecb"),
    ],
)
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        required(*arguments)


def test_articles_are_called_by_the_name_of_the_day():
    def vat(day):
        return required("business", "formal", "ecb", day)[-1].article

    assert vat(None) == vat(date(2026, 12, 31)) == "Code général des impôts, art. 256"
    assert vat(date(2027, 1, 1)).startswith("Code des impositions sur les biens et services")
    # Only what moved changes its name.
    others = [required(regime, "formal", "fixed", date(2027, 1, 1)) for regime in REGIMES]
    now = [required(regime, "formal", "fixed", date(2026, 1, 1)) for regime in REGIMES]
    for after, before in zip(others, now, strict=True):
        assert [m for m in after if m.key != "no_vat"] == [m for m in before if m.key != "no_vat"]
