"""RFC 6750 and RFC 9728: what the API answers if a token is missing, bad, or insufficient."""

import pytest
from rest_framework.test import APIClient

from tests.issuer import BRIDGE_AUDIENCE, Issuer
from tests.on_behalf_of.drf.conftest import bearer

METADATA_URL = "http://localhost:8787/.well-known/oauth-protected-resource"
PRIVATE = "/api/private-scope"


def test_the_public_endpoint_needs_no_token(api: APIClient) -> None:
    assert api.get("/api/public").status_code == 200


def test_a_call_without_a_token_gets_a_challenge_without_an_error_code(api: APIClient) -> None:
    """RFC 6750 §3.1: no error code without credentials; RFC 9728 §5.1: resource_metadata."""
    answer = api.get(PRIVATE)
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 401
    assert challenge.startswith("Bearer ")
    assert f'resource_metadata="{METADATA_URL}"' in challenge
    assert 'scope="read:private"' in challenge
    assert "error" not in challenge


def test_a_good_token_is_accepted(api: APIClient, issuer: Issuer) -> None:
    assert api.get(PRIVATE, **bearer(issuer.token())).status_code == 200


def test_a_token_of_the_auth0_dialect_is_accepted(api: APIClient, issuer: Issuer) -> None:
    token = issuer.sign(issuer.auth0_claims(), typ="JWT")
    assert api.get(PRIVATE, **bearer(token)).json()["client_id"] == "inspector"


def test_a_token_for_the_bridge_is_refused_by_the_api(api: APIClient, issuer: Issuer) -> None:
    """RFC 9068 §4: aud must name this resource."""
    answer = api.get(PRIVATE, **bearer(issuer.token(aud=BRIDGE_AUDIENCE)))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["reason"] == "wrong_audience"


def test_a_token_with_too_few_scopes_is_refused_naming_the_missing_one(api: APIClient, issuer: Issuer) -> None:
    """RFC 6750 §3.1: 403 insufficient_scope may name the scope; MCP clients step up by it."""
    answer = api.get(PRIVATE, **bearer(issuer.token(scope="write:private")))
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="read:private"' in challenge
    assert f'resource_metadata="{METADATA_URL}"' in challenge


def test_two_authorization_headers_are_a_bad_request(api: APIClient, issuer: Issuer) -> None:
    """RFC 6750 §3.1 invalid_request; servers join repeated headers with a comma."""
    token = issuer.token()
    answer = api.get(PRIVATE, HTTP_AUTHORIZATION=f"Bearer {token},Bearer {token}")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_token_in_the_query_string_is_refused(api: APIClient, issuer: Issuer) -> None:
    """RFC 9700 §4.3.2: access tokens must not be passed in URLs."""
    answer = api.get(PRIVATE, {"access_token": issuer.token()})
    assert (answer.status_code, answer.json()["reason"]) == (400, "token_in_query")


def test_credentials_of_another_scheme_are_not_a_token(api: APIClient) -> None:
    answer = api.get(PRIVATE, HTTP_AUTHORIZATION="Basic dXNlcjpwYXNzd29yZA==")
    assert answer.status_code == 401
    assert "error" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "." * 100, "A" * 20_000, "a.b.c.d.e"])
def test_malformed_tokens_are_refused_without_repeating_them(api: APIClient, token: str) -> None:
    answer = api.get(PRIVATE, **bearer(token))
    assert answer.status_code in {400, 401}
    assert answer.headers["Content-Type"] == "application/json"
    assert len(token) < 3 or token not in answer.content.decode()


def test_if_keys_cannot_be_fetched_the_token_is_not_called_invalid(api: APIClient, issuer: Issuer) -> None:
    """503 with Retry-After, never 401: a client must not throw a good token away."""
    issuer.answers["/.well-known/openid-configuration"] = (500, b"{}")
    issuer.answers["/.well-known/oauth-authorization-server"] = (500, b"{}")
    answer = api.get(PRIVATE, **bearer(issuer.token()))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in answer.headers


def test_the_next_token_signed_with_a_new_key_is_accepted_at_once(api: APIClient, issuer: Issuer) -> None:
    api.get(PRIVATE, **bearer(issuer.token()))
    issuer.rotate("second")
    assert api.get(PRIVATE, **bearer(issuer.token())).status_code == 200


def test_a_thousand_unknown_keys_cause_a_handful_of_fetches(api: APIClient, issuer: Issuer) -> None:
    api.get(PRIVATE, **bearer(issuer.token()))
    for number in range(1_000):
        token = issuer.sign(issuer.claims(), kid=f"invented-{number}")
        assert api.get(PRIVATE, **bearer(token)).status_code == 401
    assert issuer.requests["/.well-known/jwks.json"] <= 5


def test_the_metadata_names_the_issuer_and_every_scope(api: APIClient, issuer: Issuer) -> None:
    """RFC 9728 §2, §3.1; readable by browser clients of any origin."""
    answer = api.get("/.well-known/oauth-protected-resource")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == {
        "resource": "http://localhost:8787/",
        "authorization_servers": [issuer.url],
        "scopes_supported": ["read:private", "write:private"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Notes API",
    }
