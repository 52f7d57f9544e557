import time
from typing import Any

import jwt
import pytest
from oauth2_provider.models import AccessToken, Application

from local_tenant.models import ClientProfile, TenantUser
from tests.local_tenant.flow import (
    ADMIN,
    API,
    BRIDGE,
    BRIDGE_CLIENT,
    BRIDGE_SECRET,
    CLIENT_ID,
    EXCHANGE,
    ISSUER,
    Browser,
    basic,
    error,
    exchange,
    token_request,
)
from tests.local_tenant.subject_tokens import ACT_4, subject, subject_token

REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[int, str]]] = {
    # 400: the request
    "no subject token": ({}, {"subject_token": None}, (400, "invalid_request")),
    "no subject token type": ({}, {"subject_token_type": None}, (400, "invalid_request")),
    "no audience": ({}, {"audience": None}, (400, "invalid_request")),
    "another subject token type": (
        {},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        (400, "invalid_request"),
    ),
    "another requested token type": (
        {},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        (400, "invalid_request"),
    ),
    "an actor token": ({}, {"actor_token": "x"}, (400, "invalid_request")),
    "four actors already": ({"act": ACT_4}, {}, (400, "invalid_request")),
    # 401: who the client is, whom the subject token is about
    "wrong secret": ({}, {"authorization": basic(secret="wrong")}, (401, "invalid_client")),
    "unknown client": ({}, {"authorization": basic("nobody")}, (401, "invalid_client")),
    "no client authentication": ({}, {"authorization": ""}, (401, "invalid_client")),
    "a public client": ({}, {"authorization": "", "client_id": CLIENT_ID}, (401, "invalid_client")),
    "another client id in the body": ({}, {"client_id": CLIENT_ID}, (401, "invalid_client")),
    "garbage": ({}, {"subject_token": "garbage"}, (401, "invalid_grant")),
    "expired": ({"exp": int(time.time()) - 1}, {}, (401, "invalid_grant")),
    "no expiry": ({"exp": None}, {}, (401, "invalid_grant")),
    "of another issuer": ({"iss": "https://evil.example/"}, {}, (401, "invalid_grant")),
    "issuer without its slash": ({"iss": ISSUER.rstrip("/")}, {}, (401, "invalid_grant")),
    "unknown user": ({"sub": "auth0|nobody"}, {}, (401, "invalid_grant")),
    "a machine": ({"sub": f"{BRIDGE_CLIENT}@clients"}, {}, (401, "invalid_grant")),
    "an ID token": ({"aud": CLIENT_ID, "client_id": None, "nonce": "n"}, {}, (401, "invalid_grant")),
    "without client": ({"client_id": None}, {}, (401, "invalid_grant")),
    "subject that is no text": ({"sub": 7}, {}, (401, "invalid_grant")),
    "act that is no object": ({"act": "me"}, {}, (401, "invalid_grant")),
    "act without sub": ({"act": {"act": {"sub": "x"}}}, {}, (401, "invalid_grant")),
    "unknown organization": ({"org_id": "org_gone"}, {}, (401, "invalid_grant")),
    "too long": ({"padding": "x" * 20_000}, {}, (401, "invalid_grant")),
    # 403: what the client and the user may
    "a token for another API": ({"aud": API}, {}, (403, "unauthorized_client")),
    "unknown target": ({}, {"audience": "http://localhost:1/"}, (403, "access_denied")),
    "a target without client grant": ({}, {"audience": BRIDGE}, (403, "access_denied")),
    "none of the scopes": ({}, {"scope": "delete:everything"}, (403, "access_denied")),
    "a scope that the user may not": ({"sub": "auth0|local-user"}, {"scope": "write:private"}, (403, "access_denied")),
}


@pytest.mark.parametrize(("claims", "changes", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_each_refusal_has_its_status_and_code(
    tenant: None, claims: dict[str, Any], changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    """The facts §4: 400 for the request, 401 for credentials and subject token, 403 for what is not allowed."""
    response = exchange(**{"subject_token": subject_token(**claims)} | changes)
    assert error(response) == expected
    assert not AccessToken.objects.exists()


def test_the_depth_refusal_is_worded_as_documented(tenant: None) -> None:
    response = exchange(subject_token(act=ACT_4))
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "Delegation chain (`act` claim) depth exceeds the maximum allowed limit of 4",
    }


def test_exchange_must_be_switched_on_for_the_client(tenant: None) -> None:
    ClientProfile.objects.update(may_exchange=False)
    assert error(exchange(subject_token())) == (403, "unauthorized_client")


def test_the_client_must_be_linked_to_the_api_that_the_token_is_for(tenant: None) -> None:
    ClientProfile.objects.update(resource_server=None)
    assert error(exchange(subject_token())) == (403, "unauthorized_client")


def test_a_public_client_that_knows_its_secret_is_still_refused(tenant: None) -> None:
    Application.objects.filter(client_id=BRIDGE_CLIENT).update(client_type=Application.CLIENT_PUBLIC)
    assert error(exchange(subject_token())) == (401, "invalid_client")


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_a_token_that_is_not_signed_with_our_key_is_refused(tenant: None, alg: str) -> None:
    """RFC 8725 §3.1."""
    kid = jwt.get_unverified_header(subject_token())["kid"]
    key = "" if alg == "none" else "a secret that is long enough for this algorithm"
    forged = jwt.encode(subject(), key, algorithm=alg, headers={"kid": kid, "typ": "at+jwt"})
    assert error(exchange(forged)) == (401, "invalid_grant")


def test_an_inactive_user_cannot_be_acted_for(browser: Browser) -> None:
    token = browser.access_token(ADMIN)
    TenantUser.objects.filter(email=ADMIN[0]).update(is_active=False)
    assert error(exchange(token)) == (401, "invalid_grant")


def test_a_deleted_user_cannot_be_acted_for(browser: Browser) -> None:
    token = browser.access_token(ADMIN)
    TenantUser.objects.get(email=ADMIN[0]).user.delete()
    assert error(exchange(token)) == (401, "invalid_grant")


def test_the_challenge_of_a_failed_authentication_is_basic(tenant: None) -> None:
    """RFC 6749 §5.2."""
    assert exchange("x", authorization=basic(secret="wrong"))["WWW-Authenticate"].startswith("Basic")


def test_two_ways_of_authentication_at_once_are_refused(tenant: None) -> None:
    """RFC 6749 §2.3."""
    assert error(exchange(subject_token(), client_secret=BRIDGE_SECRET)) == (400, "invalid_request")


def test_a_token_request_without_client_is_refused(tenant: None) -> None:
    assert error(token_request({"grant_type": EXCHANGE})) == (401, "invalid_client")
