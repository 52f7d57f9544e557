"""Any request gets an OAuth error or a readable page, and never a traceback, even with DEBUG on."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.local_tenant.flow import (
    BRIDGE_CLIENT,
    BRIDGE_SECRET,
    CLIENT_ID,
    EXCHANGE,
    VERIFIER,
    authorize_url,
    basic,
    error,
    exchange,
    hidden,
)

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
POSTED_TO = ["/oauth/token", "/oauth/revoke", "/oidc/register"]


@pytest.fixture(autouse=True)
def debug(settings: Any) -> None:
    settings.DEBUG = True


def post(path: str, body: str | bytes, content_type: str = FORM, **headers: str) -> Any:
    return Client().post(path, body, content_type=content_type, headers=headers)


BODIES: dict[str, tuple[str | bytes, str]] = {
    "no JSON": ("{", JSON),
    "a JSON list": ("[]", JSON),
    "a JSON text": ('"x"', JSON),
    "duplicate JSON members": ('{"grant_type": "a", "grant_type": "b"}', JSON),
    "deep JSON": ("[" * 100_000, JSON),
    "JSON that is not UTF-8": (b'{"a": "\xff"}', JSON),
    "empty JSON": ("", JSON),
    "NaN for an object": ("NaN", JSON),
}


@pytest.mark.parametrize("path", POSTED_TO)
@pytest.mark.parametrize(("body", "content_type"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_not_a_json_object_is_an_oauth_error(
    db: None, path: str, body: str | bytes, content_type: str
) -> None:
    assert error(post(path, body, content_type)) in {(400, "invalid_request"), (400, "invalid_client_metadata")}


@pytest.mark.parametrize("path", POSTED_TO)
def test_a_huge_body_is_refused(db: None, path: str) -> None:
    status, _ = error(post(path, "a=" + "x" * 1_100_000, JSON if path == "/oidc/register" else FORM))
    assert status == 413


FORMS: dict[str, str | bytes] = {
    "not UTF-8": b"grant_type=\xff",
    "not UTF-8 when decoded": "grant_type=%ff",
    "too many": urlencode([(f"p{n}", "x") for n in range(200)]),
    "NUL in a value": "grant_type=a%00b",
    "NUL in a name": "grant%00type=a",
    "twice": "grant_type=a&grant_type=b",
    "twice with a secret": "grant_type=a&client_secret=a&client_secret=b",
    "nothing": "",
    "empty value": "grant_type=",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_malformed_form_is_an_invalid_request(db: None, form: str | bytes) -> None:
    """RFC 6749 §3.2: parameters must not be included more than once; without a value they count as left out."""
    assert error(post("/oauth/token", form)) == (400, "invalid_request")


MEMBERS: list[Any] = [1, None, True, [["a"]], {"a": "b"}, "a\x00b", "\ud800"]


@pytest.mark.parametrize("value", MEMBERS)
@pytest.mark.parametrize("name", ["grant_type", "client_id", "subject_token", "resource"])
def test_a_json_member_that_is_not_a_string_is_an_invalid_request(db: None, name: str, value: Any) -> None:
    body = {"grant_type": EXCHANGE, "client_id": BRIDGE_CLIENT, "client_secret": BRIDGE_SECRET, name: value}
    assert error(post("/oauth/token", json.dumps(body), JSON)) == (400, "invalid_request")


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_refused(db: None, content_type: str) -> None:
    assert error(post("/oauth/token", "grant_type=refresh_token", content_type)) == (400, "invalid_request")


def test_parameters_in_the_url_of_the_token_endpoint_are_refused(db: None) -> None:
    """RFC 6749 §2.3.1: credentials must not be in the URI."""
    assert error(post(f"/oauth/token?{urlencode({'grant_type': EXCHANGE})}", "")) == (400, "invalid_request")


@pytest.mark.parametrize("path", POSTED_TO)
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_another_method_is_refused(db: None, path: str, method: str) -> None:
    response = getattr(Client(), method)(path)
    assert error(response) == (405, "invalid_request")
    assert "POST" in response["Allow"]


AUTHORIZATIONS = [
    "Basic",
    "Basic !!!",
    "Basic w\xf6",
    "Basic " + "/w==",
    "Basic YQ==",
    "Bearer x",
    "Digest a=b",
    "\xff",
]


@pytest.mark.parametrize("authorization", [*AUTHORIZATIONS, basic("a\x00b"), basic(secret="a\x00b"), basic("%00", "")])
def test_malformed_client_credentials_are_an_invalid_client(tenant: None, authorization: str) -> None:
    assert error(exchange("x", authorization=authorization)) == (401, "invalid_client")


GRANTS: dict[str, dict[str, str]] = {
    "a code of another world": {"grant_type": "authorization_code", "client_id": CLIENT_ID, "code": "ö" * 3000},
    "a code without client": {"grant_type": "authorization_code", "code": "x"},
    "no code": {"grant_type": "authorization_code", "client_id": CLIENT_ID},
    "no refresh token": {"grant_type": "refresh_token", "client_id": CLIENT_ID},
    "an odd refresh token": {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": "ö"},
    "an odd verifier": {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "code": "x",
        "code_verifier": VERIFIER + "ö",
    },
    "a client id as a URL": {"grant_type": "refresh_token", "client_id": "https://[", "refresh_token": "x"},
    "a very long client id": {"grant_type": "refresh_token", "client_id": "x" * 5000, "refresh_token": "x"},
    "unknown grant": {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
}


@pytest.mark.parametrize("parameters", GRANTS.values(), ids=GRANTS)
def test_malformed_grants_get_an_oauth_error(tenant: None, parameters: dict[str, str]) -> None:
    status, _ = error(post("/oauth/token", urlencode(parameters)))
    assert status in {400, 401}


QUERIES = [
    "client_id=a%00b",
    "client_id=%ff",
    "client_id=a&client_id=b",
    "state=%00&" + authorize_url().partition("?")[2],
    "scope=a&" + authorize_url().partition("?")[2],
    "&".join(f"p{n}=x" for n in range(200)),
    "%zz",
    "",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_malformed_authorization_request_gets_a_readable_page(tenant: None, query: str, method: str) -> None:
    """RFC 6749 §3.1."""
    response = getattr(Client(), method)(f"/authorize?{query}")
    assert response.status_code == 400
    assert "That did not work" in response.content.decode()


@pytest.mark.parametrize("email", ["a\x00b@example.com", "nobody", "x" * 5000 + "@example.com", "", "a@b.c"])
@pytest.mark.parametrize("password", ["x", "a\x00b", "", "x" * 5000])
def test_malformed_logins_are_refused_on_the_page(db: None, email: str, password: str) -> None:
    response = Client().post("/login", {"email": email, "password": password})
    assert response.status_code == 200
    page = response.content.decode()
    assert 'role="alert"' in page or 'aria-invalid="true"' in page


@pytest.mark.parametrize("back", ["/authorize?client_id=%00", "/authorize?%ff", "/x?login_hint=" + "y" * 9000, "\x00"])
def test_a_malformed_next_does_not_break_the_login_page(db: None, back: str) -> None:
    response = Client().get("/login?" + urlencode({"next": back}))
    assert response.status_code == 200
    assert hidden(response, "csrfmiddlewaretoken")


@pytest.mark.parametrize("cookie", ['tenant_session="aaaaaaaaaaa\\000b"', "tenant_session=%00", 'tenant_csrf="a\\000"'])
@pytest.mark.parametrize("path", ["/", "/logout", "/admin/"])
def test_a_malformed_cookie_is_not_a_session(tenant: None, cookie: str, path: str) -> None:
    assert Client().get(path, headers={"Cookie": cookie}).status_code in {200, 302}
