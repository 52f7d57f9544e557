"""A client and a browser that use the tenant over HTTP."""

import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from django.http import HttpResponse
from django.test import Client

ISSUER = "http://localhost:9000/"
BRIDGE, API = "http://localhost:3001/mcp", "http://localhost:8787/"
BRIDGE_CLIENT, BRIDGE_SECRET = "bridge-client", "bridge-secret-of-the-tests"
CALLBACK = "http://localhost:6274/oauth/callback"
CLIENT_ID = "local-manual-client"
ADMIN, USER = ("admin@example.com", "admin-demo"), ("user@example.com", "user-demo")
VERIFIER = "a-code-verifier-that-is-longer-than-43-characters-in-all"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


def authorize_url(**changes: str | None) -> str:
    """Return the URL of an authorization request. None removes a parameter."""
    parameters = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "tool:whoami tool:greet",
        "state": "the-state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "resource": BRIDGE,
        **changes,
    }
    return "/authorize?" + urlencode({name: value for name, value in parameters.items() if value is not None})


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found, page.content.decode()
    return html.unescape(found[1])


def answer_at_client(response: Any) -> dict[str, str]:
    """Return the parameters that the browser would carry to the client."""
    assert response.status_code == 302, response.content.decode()
    return dict(parse_qsl(urlsplit(response["Location"]).query))


class Browser:
    def __init__(self) -> None:
        self.http = Client(enforce_csrf_checks=True)

    def log_in(self, account: tuple[str, str], back: str = "/") -> Any:
        url = "/login?" + urlencode({"next": back})
        email, password = account
        token = hidden(self.http.get(url), "csrfmiddlewaretoken")
        return self.http.post(url, {"csrfmiddlewaretoken": token, "email": email, "password": password})

    def consent(self, url: str, decision: str = "allow") -> Any:
        page = self.http.get(url)
        form = {name: hidden(page, name) for name in ("csrfmiddlewaretoken", "shown")}
        return self.http.post(url, {**form, "decision": decision})

    def code(self, account: tuple[str, str] = ADMIN, **changes: str | None) -> str:
        """Log in, consent, and return the code."""
        url = authorize_url(**changes)
        self.log_in(account, back=url)
        return answer_at_client(self.consent(url))["code"]

    def tokens(self, account: tuple[str, str] = ADMIN, **changes: str | None) -> dict[str, Any]:
        code = self.code(account, **changes)
        response = redeem(code, client_id=changes.get("client_id") or CLIENT_ID)
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body

    def access_token(self, account: tuple[str, str] = ADMIN, **changes: str | None) -> str:
        token: str = self.tokens(account, **changes)["access_token"]
        return token


def token_request(parameters: dict[str, Any], **headers: str) -> Any:
    return Client().post(
        "/oauth/token", urlencode(parameters), content_type="application/x-www-form-urlencoded", headers=headers
    )


def redeem(code: str, **changes: str) -> Any:
    parameters = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": CLIENT_ID,
        "code_verifier": VERIFIER,
        **changes,
    }
    return token_request(parameters)


def basic(client_id: str = BRIDGE_CLIENT, secret: str = BRIDGE_SECRET) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def exchange(subject_token: str | None, *, authorization: str | None = None, **changes: str | None) -> Any:
    """Exchange a token as the bridge does (RFC 8693 §2.1). None removes a parameter."""
    parameters = {
        "grant_type": EXCHANGE,
        "subject_token": subject_token,
        "subject_token_type": ACCESS_TOKEN,
        "requested_token_type": ACCESS_TOKEN,
        "audience": API,
        **changes,
    }
    given = {name: value for name, value in parameters.items() if value is not None}
    return token_request(given, authorization=basic() if authorization is None else authorization)


def verified(token: str, audience: str, http: Client | None = None) -> dict[str, Any]:
    """Return the claims, after an independent check with PyJWT against the published keys."""
    keys = jwt.PyJWKSet.from_dict((http or Client()).get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token, key, algorithms=["RS256"], audience=audience, issuer=ISSUER, options={"require": ["exp", "iat", "sub"]}
    )


def error(response: HttpResponse) -> tuple[int, str]:
    """Return status and code of an OAuth error response. Its shape is checked, too (RFC 6749 §5.2)."""
    body = response.json()  # type: ignore[attr-defined]
    assert set(body) == {"error", "error_description"}
    assert body["error_description"]
    assert response["Cache-Control"] == "no-store"
    return response.status_code, body["error"]


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)
