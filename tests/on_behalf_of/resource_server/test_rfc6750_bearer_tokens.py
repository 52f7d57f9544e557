"""RFC 6750: how a bearer token is sent, and how it is refused."""

import re

import pytest

from on_behalf_of.resource_server.authorization_header import read_bearer_token
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.refusals import (
    DESCRIPTIONS,
    BearerTokenError,
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MissingToken,
    Reason,
)

METADATA = "https://api.example/.well-known/oauth-protected-resource"
PARAMETER = re.compile(r'([a-z_]+)="([^"\\]*)"')


def parameters(error: BearerTokenError, scope: tuple[str, ...] = ()) -> dict[str, str]:
    value = challenge(error, resource_metadata=METADATA, scope=scope)
    assert re.fullmatch(rf"Bearer {PARAMETER.pattern}(, {PARAMETER.pattern})*", value), value
    found = PARAMETER.findall(value)
    assert len(dict(found)) == len(found), "RFC 6750 §3: an attribute must not appear more than once"
    return dict(found)


@pytest.mark.parametrize("token", ["abc", "a.b-c_d~e+f/g", "a.b.c==", "0" * 20_000])
def test_a_token_of_the_b64token_alphabet_is_read(token: str) -> None:
    """RFC 6750 §2.1: credentials are the word Bearer and a b64token."""
    assert read_bearer_token([f"Bearer {token}"]) == token


@pytest.mark.parametrize("value", ["bearer abc", "BEARER abc", "bEaReR  abc", " Bearer abc ", "\tBearer abc\t"])
def test_the_scheme_is_read_in_any_case_and_with_several_spaces(value: str) -> None:
    """RFC 9110 §11.1: the scheme is case-insensitive and followed by 1*SP; §5.5 trims values."""
    assert read_bearer_token([value]) == "abc"


@pytest.mark.parametrize("values", [[], [""], ["Basic dXNlcjpwYXNz"], ["Digest a=b, c=d"], ["DPoP abc"], ["Bearerabc"]])
def test_a_request_without_a_bearer_token_lacks_authentication(values: list[str]) -> None:
    """RFC 6750 §3.1: such a request is answered without an error code."""
    with pytest.raises(MissingToken) as refused:
        read_bearer_token(values)
    assert (refused.value.status, refused.value.error, refused.value.reason) == (401, None, Reason.NO_TOKEN)


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer a=b",
        "Bearer =",
        "Bearer a\tb",
        "Bearer \tabc",
        'Bearer "abc"',
        "Bearer a;b",
        "Bearer a\nX: b",
        "Bearer a\x00",
        "Bearer tökén",
        "Bearer abc\u2028",
        "Bearer \ud800",
        "Bearer \uff14",
    ],
)
def test_a_malformed_bearer_credential_is_an_invalid_request(value: str) -> None:
    """RFC 6750 §3.1: invalid_request, with 400, for a request that is otherwise malformed."""
    with pytest.raises(InvalidRequest) as refused:
        read_bearer_token([value])
    assert (refused.value.status, refused.value.error) == (400, "invalid_request")
    assert refused.value.reason is Reason.MALFORMED_AUTHORIZATION
    assert refused.value.description == DESCRIPTIONS[refused.value.reason]


@pytest.mark.parametrize(
    "values",
    [
        ["Bearer abc", "Bearer abc"],
        ["Bearer abc", "Basic abc"],
        ["Basic abc", "Bearer abc"],
        ["", ""],
        ["Bearer abc,Bearer def"],
        ["Bearer abc, Basic def"],
        ["Bearer abc,"],
    ],
)
def test_credentials_given_twice_are_an_invalid_request(values: list[str]) -> None:
    """RFC 6750 §3.1: invalid_request where more than one method is used to include a token; RFC 9110 §5.3."""
    with pytest.raises(InvalidRequest) as refused:
        read_bearer_token(values)
    assert refused.value.reason is Reason.SEVERAL_AUTHORIZATIONS


def test_a_million_spaces_are_parsed_quickly() -> None:
    """Parsing is linear in the header's length."""
    for value in ("Bearer " + " " * 1_000_000 + "!", "Bearer " + "=" * 1_000_000, "Bearer " + "a" * 1_000_000 + "!"):
        with pytest.raises(InvalidRequest):
            read_bearer_token([value])


def test_a_challenge_uses_the_bearer_scheme_and_has_parameters() -> None:
    """RFC 6750 §3: auth-scheme Bearer must be used, and be followed by one or more auth-param values."""
    assert challenge(MissingToken(), resource_metadata=METADATA) == f'Bearer resource_metadata="{METADATA}"'


def test_without_credentials_the_challenge_carries_no_error() -> None:
    """RFC 6750 §3.1: no error code or other error information."""
    told = parameters(MissingToken(), scope=("tool:whoami", "tool:greet"))
    assert told == {"scope": "tool:whoami tool:greet", "resource_metadata": METADATA}


@pytest.mark.parametrize("reason", Reason)
def test_the_challenge_for_a_refused_token_has_an_error_and_a_description(reason: Reason) -> None:
    """RFC 6750 §3: error and error_description for a request that held a token that failed."""
    told = parameters(InvalidToken(reason))
    assert told == {
        "error": "invalid_token",
        "error_description": DESCRIPTIONS[reason],
        "resource_metadata": METADATA,
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidRequest(Reason.SEVERAL_AUTHORIZATIONS), 400, "invalid_request"),
        (InvalidToken(Reason.EXPIRED), 401, "invalid_token"),
        (InsufficientScope(["read:private"]), 403, "insufficient_scope"),
    ],
)
def test_each_error_has_the_status_of_the_rfc(error: BearerTokenError, status: int, code: str) -> None:
    """RFC 6750 §3.1."""
    assert (error.status, error.error) == (status, code)
    assert parameters(error)["error"] == code


def test_insufficient_scope_names_every_required_scope() -> None:
    """RFC 6750 §3.1: the scope attribute may say which scope is necessary; all at once spares a second consent."""
    told = parameters(InsufficientScope(["read:private", "write:private"]), scope=("not:this",))
    assert told["scope"] == "read:private write:private"
    assert told["resource_metadata"] == METADATA


def test_values_in_a_challenge_stay_within_their_quotes() -> None:
    """RFC 6750 §3: error_description and scope hold neither quotes, nor backslashes, nor anything beyond ASCII."""
    hostile = 'a"b\\c\r\nX-Injected: yes\x00é\u2028'
    for value in (
        challenge(InsufficientScope([hostile]), resource_metadata=hostile),
        challenge(MissingToken(), resource_metadata=hostile, scope=[hostile]),
        challenge(InvalidToken(Reason.CLAIM, claim=hostile), resource_metadata=hostile),
    ):
        assert value.isascii()
        assert value.isprintable()
        assert re.fullmatch(rf"Bearer {PARAMETER.pattern}(, {PARAMETER.pattern})*", value)


def test_a_missing_claim_is_reported_in_our_words() -> None:
    """The description names the claim, in RFC 6750 §3's characters."""
    error = InvalidToken(Reason.CLAIM, claim="aud")
    assert "(aud)" in error.description
    assert parameters(error)["error_description"] == error.description


@pytest.mark.parametrize("description", DESCRIPTIONS.values())
def test_every_description_fits_a_challenge(description: str) -> None:
    """RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E."""
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", description)
    assert set(DESCRIPTIONS) == set(Reason)
