"""Userinfo for an access token with the scope openid (OpenID Connect Core §5.3, RFC 6750)."""

import time
from typing import Any

import jwt
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from oauth2_provider.models import Application

from local_tenant.access_token import signed_jwt
from local_tenant.models import Api, ClientGrant, TenantUser
from tests.local_tenant.flow import (
    ADMIN,
    API,
    BRIDGE,
    BRIDGE_CLIENT,
    BRIDGE_SECRET,
    ISSUER,
    Browser,
    exchange,
    token_request,
    verified,
)

USERINFO = "/userinfo"
OPENID = "openid profile email tool:whoami"


def asked(token: str | None, method: str = "get", **headers: str) -> Any:
    given = {} if token is None else {"Authorization": f"Bearer {token}"}
    return getattr(Client(enforce_csrf_checks=True), method)(USERINFO, headers=given | headers)


def challenge(response: Any) -> tuple[int, str]:
    """Return status and error code. The response's shape is checked, too (RFC 6750 §3)."""
    header = response["WWW-Authenticate"]
    assert header.startswith('Bearer realm="Local tenant"')
    assert response["Cache-Control"] == "no-store"
    code = header.partition('error="')[2].partition('"')[0]
    if code:
        assert response.json()["error"] == code
        assert f'error_description="{response.json()["error_description"]}"' in header
    return response.status_code, code


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("dialect", Api.Dialect.values)
def test_userinfo_holds_the_same_claims_as_the_id_token(browser: Browser, method: str, dialect: str) -> None:
    """§5.3.2: `sub` equals that of the ID token; §5.4: the claims are those of the granted scopes."""
    Api.objects.update(dialect=dialect)
    tokens = browser.tokens(scope=OPENID)
    response = asked(tokens["access_token"], method)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    id_token = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    expected = {name: id_token[name] for name in ("sub", "name", "email", "email_verified")}
    assert response.json() == expected
    assert expected["email"] == ADMIN[0]


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", {"sub"}),
        ("openid profile", {"sub", "name"}),
        ("openid email", {"sub", "email", "email_verified"}),
    ],
)
def test_scopes_that_were_not_granted_give_no_claims(browser: Browser, scope: str, claims: set[str]) -> None:
    assert set(asked(browser.access_token(scope=scope)).json()) == claims


def test_the_audience_of_the_token_is_the_endpoint_that_discovery_names(browser: Browser) -> None:
    endpoint = Client().get("/.well-known/openid-configuration").json()["userinfo_endpoint"]
    assert Client().get("/.well-known/oauth-authorization-server").json()["userinfo_endpoint"] == endpoint
    assert endpoint == f"{ISSUER}userinfo"
    assert verified(browser.access_token(scope=OPENID), BRIDGE)["aud"] == [BRIDGE, endpoint]


def test_a_page_of_another_origin_can_read_it(browser: Browser) -> None:
    response = asked(browser.access_token(scope=OPENID), Origin="http://localhost:6274")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "WWW-Authenticate" in asked("x", Origin="http://localhost:6274")["Access-Control-Expose-Headers"]


def test_without_a_token_the_challenge_names_no_error(tenant: None) -> None:
    """RFC 6750 §3.1: a request that lacks any authentication information."""
    assert challenge(asked(None)) == (401, "")
    assert challenge(asked(None, Authorization="Basic eDp5")) == (401, "")
    assert challenge(Client().get(f"{USERINFO}?access_token=x")) == (401, "")


def test_a_token_without_openid_is_refused_naming_the_missing_scope(browser: Browser) -> None:
    response = asked(browser.access_token(scope="tool:whoami profile"))
    assert challenge(response) == (403, "insufficient_scope")
    assert 'scope="openid"' in response["WWW-Authenticate"]


def test_an_exchanged_token_is_refused_at_userinfo(browser: Browser) -> None:
    """A token that the bridge gets on the user's behalf is for the API only."""
    token = exchange(browser.access_token(scope=OPENID)).json()["access_token"]
    assert challenge(asked(token)) == (403, "insufficient_scope")


def test_an_id_token_is_not_an_access_token(browser: Browser) -> None:
    assert challenge(asked(browser.tokens(scope=OPENID)["id_token"])) == (401, "invalid_token")


def test_a_machine_is_not_a_user(tenant: None) -> None:
    application = Application.objects.get(client_id=BRIDGE_CLIENT)
    Application.objects.filter(pk=application.pk).update(authorization_grant_type="client-credentials")
    ClientGrant.objects.create(application=application, api=Api.objects.get(identifier=API), subject_type="client")
    answer = token_request(
        {"grant_type": "client_credentials", "client_id": BRIDGE_CLIENT, "client_secret": BRIDGE_SECRET,
         "audience": API}
    )  # fmt: skip
    assert challenge(asked(answer.json()["access_token"])) == (401, "invalid_token")


def test_a_disabled_user_gets_no_claims(browser: Browser) -> None:
    token = browser.access_token(scope=OPENID)
    TenantUser.objects.filter(email=ADMIN[0]).update(is_active=False)
    assert challenge(asked(token)) == (401, "invalid_token")


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"iss": "http://localhost:9001/"},
        {"aud": BRIDGE},
        {"aud": f"{ISSUER}userinfo/x"},
        {"sub": "auth0|nobody"},
        {"scope": None},
        {"scope": ["openid"]},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_endpoint_is_refused(browser: Browser, changes: dict[str, Any]) -> None:
    claims = verified(browser.access_token(scope=OPENID), BRIDGE)
    assert asked(signed_jwt(claims, typ="at+jwt")).status_code == 200
    assert challenge(asked(signed_jwt(claims | changes, typ="at+jwt"))) == (401, "invalid_token")


def test_a_token_of_another_key_is_refused(browser: Browser) -> None:
    token = browser.access_token(scope=OPENID)
    head, payload, signature = token.split(".")
    assert challenge(asked(f"{head}.{payload}.{signature[:-8]}AAAAAAAA")) == (401, "invalid_token")
    forged = jwt.encode({"sub": "x", "exp": time.time() + 60}, "k" * 32, headers={"kid": "x"})
    assert challenge(asked(forged)) == (401, "invalid_token")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer a,Bearer b", "bearer ä", 'Bearer "a"'])
def test_a_header_without_exactly_one_token_is_a_bad_request(tenant: None, header: str) -> None:
    assert challenge(asked(None, Authorization=header)) == (400, "invalid_request")


@given(token=st.text(alphabet="abcXYZ0123._-~+/=", min_size=1, max_size=60))
def test_any_text_as_a_token_gets_400_or_401(token: str) -> None:
    assert asked(token).status_code in {400, 401}


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_not_supported(tenant: None, method: str) -> None:
    response = asked("x", method)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST, OPTIONS"
