"""Get a token for the Management API, and check its domain, expiry and scopes before anything is changed."""

import getpass
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import jwt

from on_behalf_of.environment import Variable, Variables, kinds
from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp
from on_behalf_of.primitives.strict_json import MalformedJson
from operations.auth0.errors import SetupError

SETUP = ("auth0_setup",)
TOKEN = Variable(
    "AUTH0_MANAGEMENT_TOKEN",
    kinds.text,
    "a token for the Management API ([Auth0](auth0.md)); the services do not use it",
    SETUP,
    otherwise="asked for",
)
CLIENT_ID = Variable(
    "AUTH0_MANAGEMENT_CLIENT_ID", kinds.text, "a client that may get such a token, instead of the token itself", SETUP
)
CLIENT_SECRET = Variable("AUTH0_MANAGEMENT_CLIENT_SECRET", kinds.text, "that client's secret", SETUP)
VARIABLES = (TOKEN, CLIENT_ID, CLIENT_SECRET)
OK = 200


@dataclass(frozen=True)
class ManagementToken:
    value: str = field(repr=False)
    scopes: frozenset[str]


def management_token(
    domain: str, variables: Mapping[str, str], http: UpstreamHttp, *, prompt: Callable[[str], str] = getpass.getpass
) -> ManagementToken:
    """Get the token from the environment, or ask for it at the terminal. Raises SetupError."""
    read = Variables(variables)
    value, client_id, secret = read(TOKEN), read(CLIENT_ID), read(CLIENT_SECRET)
    if not value and client_id and secret:
        value = _granted(domain, client_id, secret, http)
    if not value and sys.stdin.isatty():
        value = prompt(f"Management API token for {domain} (not shown): ").strip()
    if not value:
        raise SetupError(
            f"Set {TOKEN.name}, or {CLIENT_ID.name} and {CLIENT_SECRET.name}, in the environment. The setup needs a "
            "token for the Management API; docs/auth0.md says how to get one."
        )
    return _read(domain, value)


def require_scopes(token: ManagementToken, needed: Iterable[str]) -> None:
    """Check the scopes before any change. Raises SetupError, which names all missing scopes."""
    if missing := sorted(set(needed) - token.scopes):
        raise SetupError(
            f"The Management API token lacks the scopes {', '.join(missing)}. Nothing was changed. Add the scopes, and "
            "get a new token."
        )


def _granted(domain: str, client_id: str, secret: str, http: UpstreamHttp) -> str:
    form = {
        "grant_type": "client_credentials",  # RFC 6749 §4.4
        "client_id": client_id,
        "client_secret": secret,
        "audience": f"https://{domain}/api/v2/",
    }
    try:
        answer = http.request("POST", f"https://{domain}/oauth/token", data=form)
    except UpstreamError:
        raise SetupError(
            f"{domain} cannot be reached. Check that it is your tenant's domain, and check the network."
        ) from None
    try:
        value = answer.json().get("access_token") if answer.status == OK else None
    except MalformedJson:
        value = None
    if not isinstance(value, str):
        raise SetupError(
            f"{domain} gave no Management API token ({answer.status}). Check {CLIENT_ID.name} and "
            f"{CLIENT_SECRET.name}, and check that this client is authorized for the Management API."
        )
    return value


def _read(domain: str, value: str) -> ManagementToken:
    """Read the token's claims. Not checked: the signature, because the tenant verifies it."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise SetupError("The Management API token is not a JWT. Copy the whole token, and nothing else.") from None
    expires, audience, scope = claims.get("exp"), claims.get("aud"), claims.get("scope")
    if isinstance(expires, int | float) and expires <= time.time():
        raise SetupError("The Management API token has expired. Get a new one.")
    audiences = audience if isinstance(audience, list) else [audience]
    if f"https://{domain}/api/v2/" not in audiences:
        raise SetupError(
            f"The Management API token is not for {domain}: its audience must be https://{domain}/api/v2/. "
            "Check the domain, or get a token from this tenant."
        )
    return ManagementToken(value, frozenset(scope.split() if isinstance(scope, str) else ()))
