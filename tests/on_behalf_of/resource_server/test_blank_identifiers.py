"""A blank identifier is refused in every claim, whichever invisible characters it consists of."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.primitives.blank import is_blank
from on_behalf_of.resource_server.claims import MAX_IDENTIFIER
from on_behalf_of.resource_server.json_web_key_set import Unusable, public_key
from on_behalf_of.resource_server.refusals import InvalidToken, Reason
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import Issuer, public_jwk, rsa_key
from tests.on_behalf_of.resource_server.judging import ISSUER, verified

# Each alone, and a few together. Not here: controls, which were refused before wherever they stand.
BLANKS = {
    "empty": "",
    "space": " ",
    "no-break space": "\u00a0",
    "ideographic space": "\u3000",
    "ogham space": "\u1680",
    "thin and narrow": "\u2009\u202f\u205f",
    "zero width space": "\u200b",
    "joiners": "\u200c\u200d\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "direction marks": "\u200e\u200f\u061c\u202e\u2066\u2069",
    "invisible operators": "\u2061\u2062\u2063\u2064",
    "deprecated formats": "\u206a\u206f",
    "Mongolian vowel separator": "\u180e\u180b\u180f",
    "grapheme joiner": "\u034f",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "Braille blank": "\u2800",
    "variation selectors": "\ufe00\ufe0f\U000e0100",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "interlinear": "\ufff9\ufffb\ufffc",
    "musical": "\U0001d159\U0001d173",
    "shorthand": "\U0001bca0",
    "hieroglyph blank": "\U00013441",
    "private use": "\ue000\U000f0000",
    "unassigned": "\u0378\ufff0\U000e0fff",
    "many": "\u200b" * MAX_IDENTIFIER,
}
PLACES: dict[str, Callable[[str], tuple[dict[str, Any], Reason]]] = {
    "sub": lambda text: ({"sub": text}, Reason.CLAIM),
    "client_id": lambda text: ({"client_id": text}, Reason.CLAIM),
    "azp beside client_id": lambda text: ({"azp": text}, Reason.CLAIM),
    "jti": lambda text: ({"jti": text}, Reason.CLAIM),
    "org_id": lambda text: ({"org_id": text}, Reason.CLAIM),
    "act.sub": lambda text: ({"act": {"sub": text}}, Reason.ACTOR),
    "act.client_id": lambda text: ({"act": {"sub": "inspector", "client_id": text}}, Reason.ACTOR),
    "act.iss": lambda text: ({"act": {"sub": "inspector", "iss": text}}, Reason.ACTOR),
    "nested act.sub": lambda text: ({"act": {"sub": "inspector", "act": {"sub": text}}}, Reason.ACTOR),
    "act.client_id of the fifth": lambda text: (
        {"act": _nested({"sub": "agt", "client_id": text}, "4", "3", "2", "inspector")},
        Reason.ACTOR,
    ),
}
invisible = st.characters(categories=("Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn"))


def _nested(act: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        act = {"sub": name, "act": act}
    return act


def reason_of(token: str) -> Reason:
    with pytest.raises(InvalidToken) as refused:
        verified(token)
    return refused.value.reason


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_identifier_is_refused(place: str, blank: str) -> None:
    claims, reason = PLACES[place](BLANKS[blank])
    assert reason_of(ISSUER.token(**claims)) is reason


@pytest.mark.parametrize("name", ["sub", "azp", "client_id", "jti", "org_id"])
@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_identifier_is_refused_in_auth0s_dialect(name: str, blank: str) -> None:
    assert reason_of(ISSUER.sign(ISSUER.auth0_claims(**{name: BLANKS[blank]}), typ="JWT")) is Reason.CLAIM


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_key_id_is_refused_in_tokens_and_key_sets(blank: str) -> None:
    assert reason_of(ISSUER.sign(ISSUER.claims(), kid=BLANKS[blank])) is Reason.NO_KEY_ID
    assert public_key(public_jwk(rsa_key(), kid=BLANKS[blank])) is Unusable.NAME


@given(st.text(invisible, max_size=20))
def test_invisible_text_is_refused_as_subject_client_and_actor(text: str) -> None:
    assert is_blank(text)
    for place in ("sub", "client_id", "act.sub"):
        claims, reason = PLACES[place](text)
        assert reason_of(ISSUER.token(**claims)) is reason


@given(
    st.text(invisible.filter(lambda each: unicodedata.category(each) not in {"Cc", "Zl", "Zp"}), max_size=5),
    st.sampled_from(["a", "7", "|", "€", "名", "क्षि", "👩\u200d🔬", "é", "\u0301"]),
)
def test_one_visible_character_is_enough(text: str, shown: str) -> None:
    """Real names may contain joiners or marks."""
    name = f"{text}{shown}{text}"
    assert verified(ISSUER.token(sub=name)).subject == name


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_issuer_or_audience_cannot_be_configured(blank: str) -> None:
    for issuer, audience in ((BLANKS[blank], "https://api.example/"), (Issuer().url, BLANKS[blank])):
        with pytest.raises(ValueError, match="must not be empty"):
            TokenRules(issuer, audience)
