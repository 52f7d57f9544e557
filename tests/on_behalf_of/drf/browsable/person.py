"""A user with a browser, which keeps cookies, follows the login through an issuer, and submits forms."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.test import Client

from tests.issuer import Issuer

ORIGIN = "http://testserver"
FORM = "application/x-www-form-urlencoded"


class Person:
    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"Accept": "text/html"})

    def get(self, path: str, **extra: Any) -> Any:
        return self.client.get(path, **extra)

    def post(self, path: str, fields: dict[str, Any] | list[tuple[str, str]], **extra: Any) -> Any:
        """Submit a form with the CSRF token of the API's page."""
        pairs = list(fields.items()) if isinstance(fields, dict) else fields
        body = urlencode([("csrfmiddlewaretoken", self.csrf_token()), *pairs])
        return self.client.post(path, body, content_type=FORM, **extra)

    def csrf_token(self) -> str:
        if settings.CSRF_COOKIE_NAME not in self.client.cookies:
            self.get("/login")
        return self.client.cookies[settings.CSRF_COOKIE_NAME].value

    def begin(self, *scopes: str, back: str = "/api/notes/", **fields: str) -> dict[str, str]:
        """Start a login. Return the parameters of the redirect to the tenant."""
        chosen = [("scope", scope) for scope in scopes or ("read:private",)]
        page = self.post("/login", [("next", back), *fields.items(), *chosen])
        assert page.status_code == 200, page.content.decode()
        (link,) = re.findall(r'<a class="button" href="([^"]+)">Continue', page.content.decode())
        url = unescape(link)
        assert url.startswith(f"{self.issuer.url}authorize?")
        return dict(parse_qsl(urlsplit(url).query))

    def allow(self, request: dict[str, str], token: str | None = None) -> dict[str, str]:
        """Return the tenant's response after the user's consent."""
        self.issuer.codes["a-code"] = (request["code_challenge"], token or self.issuer.token(scope=request["scope"]))
        return {"code": "a-code", "state": request["state"], "iss": self.issuer.url}

    def come_back(self, answer: dict[str, str] | list[tuple[str, str]]) -> Any:
        return self.get(f"/login/callback?{urlencode(answer)}")

    def log_in(self, token: str | None = None, *scopes: str) -> Any:
        """Log in completely. The tenant issues `token`, or one for the requested scopes."""
        response = self.come_back(self.allow(self.begin(*scopes), token))
        assert response.status_code == 302, response.content.decode()
        return response

    def session_key(self) -> str:
        return self.client.cookies[settings.SESSION_COOKIE_NAME].value
