"""RFC 7519 §4.1.4 to §4.1.6: when a token is valid, and what a time may look like."""

import json
from typing import Any

import pytest

from on_behalf_of.resource_server.refusals import Reason
from on_behalf_of.resource_server.token_rules import TokenRules
from tests.issuer import API_AUDIENCE
from tests.on_behalf_of.resource_server.judging import GOOD_HEADER, ISSUER, claims_refusal, refusal, verified

NOW = 1_800_000_000
STRICT = TokenRules(ISSUER.url, API_AUDIENCE, leeway=0)


def token(**times: Any) -> str:
    return ISSUER.token(**({"iat": NOW - 10, "exp": NOW + 300} | times))


def test_an_expired_token_is_refused() -> None:
    """RFC 9068 §4: the current time must be before exp; RFC 7519 §4.1.4: on it is too late."""
    assert refusal(token(exp=NOW), rules=STRICT, now=NOW) is Reason.EXPIRED
    assert refusal(token(exp=NOW - 1), rules=STRICT, now=NOW) is Reason.EXPIRED
    assert verified(token(exp=NOW + 0.5), rules=STRICT, now=NOW).expires_at == NOW + 0.5


def test_a_clock_may_differ_only_by_the_leeway() -> None:
    """RFC 7519 §4.1.4: some small leeway, usually no more than a few minutes."""
    assert verified(token(exp=NOW - 29), now=NOW).subject
    assert refusal(token(exp=NOW - 30), now=NOW) is Reason.EXPIRED
    assert verified(token(iat=NOW + 30), now=NOW).subject
    assert refusal(token(iat=NOW + 31), now=NOW) is Reason.NOT_YET_VALID
    assert verified(token(nbf=NOW + 30), now=NOW).subject
    assert refusal(token(nbf=NOW + 31), now=NOW) is Reason.NOT_YET_VALID


def test_a_token_is_refused_before_nbf() -> None:
    """RFC 7519 §4.1.5: the current date/time must be after or equal to nbf."""
    assert refusal(token(nbf=NOW + 1), rules=STRICT, now=NOW) is Reason.NOT_YET_VALID
    assert verified(token(nbf=NOW), rules=STRICT, now=NOW).not_before == NOW


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value",
    [True, False, "1800000300", "", [], {}, [NOW], -1, -0.5, -(10**400), 10**400, 10**4000, 1e300, 253_402_300_800],
)
def test_a_value_that_is_not_a_time_is_refused(name: str, value: Any) -> None:
    """RFC 7519 §2: a NumericDate is a JSON number of seconds since 1970; here, one that calendars know."""
    assert claims_refusal(**{name: value}) is Reason.CLAIM


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_a_time_that_is_null_is_refused(name: str) -> None:
    """RFC 7519 §2: null is not a number."""
    claims = ISSUER.claims() | {name: None}
    assert refusal(ISSUER.sign(claims)) is Reason.CLAIM


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "01", "1_000", "0x10", ".5", "9" * 5000]
)
def test_a_time_that_is_not_a_json_number_is_refused(number: str) -> None:
    """RFC 8259 §6: numbers that cannot be written in its grammar, such as Infinity and NaN, are not permitted."""
    payload = json.dumps(ISSUER.claims(exp=0)).replace('"exp": 0', f'"exp": {number}').encode()
    text = ISSUER.sign_raw(GOOD_HEADER, payload, ISSUER.keys[0])
    assert refusal(text) is Reason.MALFORMED_CLAIMS


def test_the_last_second_of_the_calendar_is_a_time() -> None:
    """The time can still be written as a date."""
    assert verified(token(exp=253_402_300_799), now=NOW).expires_at == 253_402_300_799
