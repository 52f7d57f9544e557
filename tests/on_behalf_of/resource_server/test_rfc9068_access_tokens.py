"""RFC 9068: what a JWT must be to be an access token for this resource."""

import time
from typing import Any

import pytest

from on_behalf_of.resource_server.access_token import AccessToken, TokenDialect
from on_behalf_of.resource_server.actor import Actor
from on_behalf_of.resource_server.refusals import Reason
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.resource_server.judging import ISSUER, RULES, claims_refusal, header_refusal, refusal, verified


def test_a_good_token_is_parsed_completely() -> None:
    """RFC 9068 §2.2: the claims of an access token, as they arrive."""
    claims = ISSUER.claims(
        aud=[API_AUDIENCE, f"{ISSUER.url}userinfo"],
        scope="read:private write:private",
        permissions=["read:private"],
        nbf=int(time.time()) - 1,
        org_id="org_1",
        sub_profile="user",
        client_profile="service ai_agent",
        act={"sub": BRIDGE_CLIENT},
        unheard_of={"nested": [1, 2.5, None, True]},
    )
    token = verified(ISSUER.sign(claims))
    assert (token.issuer, token.subject, token.client_id) == (ISSUER.url, "auth0|alice", "inspector")
    assert token.audience == (API_AUDIENCE, f"{ISSUER.url}userinfo")
    assert token.scopes == {"read:private", "write:private"}
    assert token.permissions == frozenset({"read:private"})
    assert (token.issued_at, token.expires_at, token.not_before) == (claims["iat"], claims["exp"], claims["nbf"])
    assert token.jwt_id == claims["jti"]
    assert token.actor == Actor(BRIDGE_CLIENT)
    assert token.organization == "org_1"
    assert (token.sub_profile, token.client_profile) == (("user",), ("service", "ai_agent"))
    assert token.dialect is TokenDialect.RFC9068
    assert not token.is_machine


def test_missing_claims_are_absent_in_the_result() -> None:
    """RFC 9068 §2.2.3 ff.: scope and the authorization claims are optional."""
    token = verified(ISSUER.token(scope=None))
    assert token.scopes == frozenset()
    assert (token.permissions, token.not_before, token.actor, token.organization) == (None, None, None, None)
    assert (token.sub_profile, token.client_profile) == ((), ())


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "AT+JWT", "Application/AT+jwt"])
def test_typ_at_jwt_is_accepted_in_both_spellings_and_any_case(typ: str) -> None:
    """RFC 9068 §4: typ must be at+jwt or application/at+jwt; RFC 7515 §4.1.9: media types know no case."""
    assert verified(ISSUER.sign(ISSUER.claims(), typ=typ)).dialect is TokenDialect.RFC9068


@pytest.mark.parametrize(
    "typ",
    [
        *(
            "",
            "at",
            "at+jwt ",
            "at+jwt;x=y",
            "application/application/at+jwt",
            "text/at+jwt",
            "at+JWT\n",
            "\u0430t+jwt",
        ),
        *("id+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "oauth-authz-req+jwt", "token-introspection+jwt"),
    ],
)
def test_any_other_typ_is_refused(typ: str) -> None:
    """RFC 9068 §4: the resource server must reject tokens carrying any other value."""
    assert header_refusal(typ=typ) is Reason.TOKEN_TYPE


@pytest.mark.parametrize("typ", [None, 1, ["at+jwt"], {"at+jwt": True}, False])
def test_a_typ_that_is_not_a_string_is_refused(typ: Any) -> None:
    """RFC 7515 §4.1.9: typ is a string."""
    header = {"alg": "RS256", "kid": "k", "typ": typ}
    assert refusal(ISSUER.sign_raw(header, ISSUER.claims(), ISSUER.keys[0])) is Reason.TOKEN_TYPE


def test_if_only_rfc_9068_is_accepted_typ_jwt_is_refused() -> None:
    """RFC 9068 §4: typ keeps other JWTs of the same issuer from passing as access tokens."""
    rules = TokenRules(ISSUER.url, API_AUDIENCE, dialects=frozenset({TokenDialect.RFC9068}))
    assert verified(ISSUER.token(), rules=rules).subject
    claims = ISSUER.auth0_claims(client_id="inspector", jti="1")
    assert refusal(ISSUER.sign(claims, typ="JWT"), rules=rules) is Reason.DIALECT
    assert refusal(ISSUER.sign(claims, typ=None), rules=rules) is Reason.DIALECT


def test_an_encrypted_token_is_refused() -> None:
    """RFC 9068 §4: encrypted tokens are for resources that registered a key; this one has none."""
    assert refusal("a.b.c.d.e") is Reason.NOT_A_JWT


@pytest.mark.parametrize(
    "issuer",
    [
        *("https://tenant.example", "https://tenant.example//", "https://TENANT.example/", "http://tenant.example/"),
        *("https://tenant.example/ ", "https://tenant.example:443/", "", 1, None, ["https://tenant.example/"]),
    ],
)
def test_the_issuer_must_be_exactly_the_expected_one(issuer: Any) -> None:
    """RFC 9068 §4: the issuer identifier must exactly match the value of iss."""
    assert claims_refusal(iss=issuer) is Reason.ISSUER


@pytest.mark.parametrize("audience", [API_AUDIENCE, [API_AUDIENCE], ["other", API_AUDIENCE]])
def test_a_token_that_names_this_resource_in_aud_is_accepted(audience: Any) -> None:
    """RFC 9068 §4: aud must contain a resource indicator value for this resource."""
    assert API_AUDIENCE in verified(ISSUER.token(aud=audience)).audience


@pytest.mark.parametrize("audience", [BRIDGE_AUDIENCE, API_AUDIENCE.rstrip("/"), API_AUDIENCE.upper(), ["a", "b"], ""])
def test_a_token_for_another_resource_is_refused(audience: Any) -> None:
    """RFC 9068 §4: the token must be rejected if aud does not name this resource as a valid audience."""
    assert claims_refusal(aud=audience) is Reason.AUDIENCE


@pytest.mark.parametrize("audience", [None, [], {}, 1, True, {API_AUDIENCE: 1}, [API_AUDIENCE, 1], [[API_AUDIENCE]]])
def test_an_audience_that_is_not_a_string_or_a_list_of_strings_is_refused(audience: Any) -> None:
    """RFC 7519 §4.1.3: aud is a string or an array of strings; RFC 9068 §2.2 needs it."""
    assert claims_refusal(aud=audience) is Reason.CLAIM


def test_an_audience_with_control_characters_is_refused() -> None:
    """Audiences appear in logs, where a line break would start another entry."""
    assert claims_refusal(aud=[API_AUDIENCE, "a\nb"]) is Reason.CLAIM


def test_a_signature_by_another_key_is_refused() -> None:
    """RFC 9068 §4: the signature must be validated with the keys that the issuer provides."""
    good, other = ISSUER.token(), ISSUER.token()
    spliced = good.rpartition(".")[0] + "." + other.rpartition(".")[2]
    assert refusal(spliced) is Reason.SIGNATURE


@pytest.mark.parametrize("name", ["exp", "sub", "client_id", "iat", "jti"])
def test_a_token_that_lacks_a_required_claim_is_refused(name: str) -> None:
    """RFC 9068 §2.2: iss, exp, aud, sub, client_id, iat and jti are required."""
    assert claims_refusal(**{name: None}) is Reason.CLAIM


@pytest.mark.parametrize("name", ["sub", "client_id", "jti", "org_id"])
@pytest.mark.parametrize(
    "value", ["", " " * 256, "x" * 256, "a\nb", "a\x00", "\x7f", "a\x85b", "\u2028", 1, True, ["a"], {"a": "b"}]
)
def test_an_identifier_that_is_unsafe_in_a_log_is_refused(name: str, value: Any) -> None:
    """RFC 7519 §4.1.2: sub is a string; OpenID Connect Core §2 bounds it to 255 characters."""
    assert claims_refusal(**{name: value}) is Reason.CLAIM


@pytest.mark.parametrize("value", ["x" * 255, "auth0|" + "é" * 200, "名前", "waad|a b"])
def test_any_other_identifier_is_kept_as_it_is(value: str) -> None:
    """RFC 7519 §2: a StringOrURI is compared without transformation."""
    assert verified(ISSUER.token(sub=value)).subject == value


@pytest.mark.parametrize("scope", [" ", " a", "a ", "a  b", "a\tb", 'a"b', "a\\b", "é", "a\n", 1, ["a"], {}, True])
def test_a_malformed_scope_is_refused(scope: Any) -> None:
    """RFC 8693 §4.2: scope is a string of names separated by spaces, in the characters of RFC 6749 §3.3."""
    assert claims_refusal(scope=scope) is Reason.CLAIM


def test_machines_and_users_are_distinguished() -> None:
    """RFC 9068 §5: in a client credentials grant, sub and client_id are the same."""
    assert verified(ISSUER.token(sub="robot", client_id="robot")).is_machine
    assert not verified(ISSUER.token(sub="alice", client_id="robot")).is_machine


@pytest.mark.parametrize(
    "changes", [{"issuer": ""}, {"audience": ""}, {"dialects": frozenset()}, {"leeway": -1}, {"leeway": 61}]
)
def test_rules_that_check_nothing_cannot_be_created(changes: dict[str, Any]) -> None:
    """RFC 9068 §4: each of the checks is a must."""
    with pytest.raises(ValueError, match="must"):
        TokenRules(**({"issuer": ISSUER.url, "audience": API_AUDIENCE} | changes))


def test_a_token_is_represented_by_its_digest_and_never_shown() -> None:
    """What is logged about a token cannot be used as a token."""
    text = ISSUER.token()
    token = verified(text)
    assert isinstance(token, AccessToken)
    assert not any(segment in repr(token) for segment in text.split("."))
    assert len(token.digest) == 64
    assert verified(text) == token
    assert verified(ISSUER.token()).digest != token.digest
    assert RULES.audience in token.audience
