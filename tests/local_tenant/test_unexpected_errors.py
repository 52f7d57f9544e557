"""An internal error never shows anything from the request, even with DEBUG on, as it always is for the tenant."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.local_tenant.flow import basic, error

SECRETS = ("the-subject-token", "the-client-secret", "the-pass-word", "the-state")
FAULT = "the-fault-itself"
# Method, path, and the function behind it that fails.
ENDPOINTS = {
    "token": ("post", "/oauth/token", "local_tenant.views.token.TokenView.answer"),
    "token, body": ("post", "/oauth/token", "local_tenant.views.token.body_parameters"),
    "exchange": ("post", "/oauth/token", "local_tenant.token_exchange.verify_subject_token"),
    "revocation": ("post", "/oauth/revoke", "local_tenant.views.token.RevokeView.create_revocation_response"),
    "registration": ("post", "/oidc/register", "local_tenant.views.documents.register_client"),
    "userinfo": ("get", "/userinfo", "local_tenant.views.userinfo.verified_claims"),
    "keys": ("get", "/.well-known/jwks.json", "local_tenant.signing_keys.jwks"),
    "metadata": ("get", "/.well-known/oauth-authorization-server", "local_tenant.discovery.server_metadata"),
}
PAGES = {
    "authorize": ("post", "/authorize", "local_tenant.views.authorize.read_authorization_request"),
    "login": ("post", "/login", "local_tenant.views.login.is_throttled"),
    "home": ("get", "/", "local_tenant.views.home.logged_in_tenant_user"),
    "a middleware": ("post", "/login", "django.middleware.csrf.CsrfViewMiddleware.process_view"),
}


@pytest.fixture(autouse=True)
def development(settings: Any, process: None) -> None:
    settings.DEBUG = True


def fail(*_args: Any, **_kwargs: Any) -> None:
    raise RuntimeError(FAULT)


def assert_tells_nothing(response: Any) -> None:
    body = response.content.decode()
    assert response.status_code == 500
    for hidden in (*SECRETS, FAULT, "Traceback", "RuntimeError", "local_tenant/"):
        assert hidden not in body


@pytest.mark.parametrize(("method", "path", "broken"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_an_endpoint_answers_an_exception_with_server_error(
    tenant: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    broken: str,
) -> None:
    """RFC 6749 §4.1.2.1 names the error; §5.2 the shape."""
    monkeypatch.setattr(broken, fail)
    parameters = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": SECRETS[0],
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": "http://localhost:8787/",
    }
    given = {"token": SECRETS[0], "client_secret": SECRETS[1]} if broken.endswith("revocation_response") else parameters
    headers = {} if "client_secret" in given else {"Authorization": basic()}
    if path == "/userinfo":
        headers = {"Authorization": f"Bearer {SECRETS[0]}"}
    response = getattr(Client(), method)(
        path, *([given] if method == "post" else []), content_type="application/json", headers=headers
    )
    assert error(response) == (500, "server_error")
    assert_tells_nothing(response)
    assert response["Access-Control-Allow-Origin"] == "*"
    assert FAULT in caplog.text  # with its traceback
    assert "Traceback" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)


@pytest.mark.parametrize(("method", "path", "broken"), PAGES.values(), ids=PAGES)
def test_a_page_answers_an_exception_with_one_fixed_sentence(
    tenant: None, monkeypatch: pytest.MonkeyPatch, method: str, path: str, broken: str
) -> None:
    monkeypatch.setattr(broken, fail)
    http = Client(raise_request_exception=False)
    url = f"{path}?{urlencode({'state': SECRETS[3]})}"
    form = {"email": "a@example.com", "password": SECRETS[2]} if method == "post" else None
    for accept in ("text/html", "application/json"):
        response = getattr(http, method)(url, form, headers={"Accept": accept})
        assert_tells_nothing(response)
        assert "log says why" in response.content.decode()
    assert "<h1>" in getattr(http, method)(url, form).content.decode()
