"""The API's own pages as a public OAuth client: authorization code with PKCE (RFC 6749 §4.1, RFC 7636)."""

import base64
import hashlib
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.drf.browsable.login_refusals import LoginRefused, refused_by_tenant, refused_token_request
from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp, UpstreamResponse
from on_behalf_of.primitives.strict_json import MalformedJson
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata

logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 §2.1
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+")  # RFC 3986 §4.3: without a fragment


@dataclass(frozen=True)
class AuthorizationRequest:
    url: str = field(repr=False)  # where the browser goes
    state: str = field(repr=False)
    code_verifier: str = field(repr=False)


def authorization_request(
    login: BrowserLogin, metadata: IssuerMetadata, *, audience: str, scopes: Sequence[str], as_another_user: bool
) -> AuthorizationRequest:
    """Return the request that begins a login. Raises LoginRefused if the tenant's metadata names no endpoint for it."""
    if metadata.authorization_endpoint is None:
        raise LoginRefused("The tenant's metadata names no authorization_endpoint, so you can't log in there.", 502)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters = {
        "response_type": "code",
        "client_id": login.client_id,
        "redirect_uri": login.redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "audience": audience,  # Auth0
        **_resource(audience),
    }
    if as_another_user:
        parameters["prompt"] = "login"  # OpenID Connect Core §3.1.2.1
    url = urlsplit(metadata.authorization_endpoint)
    query = urlencode([*parse_qsl(url.query, keep_blank_values=True), *parameters.items()])  # kept: RFC 6749 §3.1
    return AuthorizationRequest(urlunsplit(url._replace(query=query)), state, verifier)


def read_answer(answer: Mapping[str, Sequence[str]], metadata: IssuerMetadata) -> str:
    """Return the code from the parameters with which the tenant sent the browser back.

    Raises LoginRefused for an answer of another issuer (RFC 9207 §2.4), for an error (RFC 6749 §4.1.2.1), for a
    repeated parameter (§3.1), and if there is no code. Not checked: `state`, which the caller compares first.
    """
    if any(len(values) > 1 for values in answer.values()):
        raise LoginRefused("The tenant's answer names a parameter twice.", 400)
    values = {name: value for name, (value,) in answer.items()}
    if ("iss" in values or metadata.iss_parameter_supported) and values.get("iss") != metadata.issuer:
        raise LoginRefused("The answer did not come from the tenant that was asked (iss).", 400)
    if "error" in values:
        raise refused_by_tenant(values["error"], values.get("error_description", ""))
    if not values.get("code"):
        raise LoginRefused("The tenant's answer contains neither a code nor an error.", 400)
    return values["code"]


def redeem(
    code: str,
    code_verifier: str,
    *,
    login: BrowserLogin,
    metadata: IssuerMetadata,
    audience: str,
    ca_file: Path | None,
) -> str:
    """Return the access token for a code (RFC 6749 §4.1.3), not verified yet. Raises LoginRefused."""
    try:
        answer = _http(login.timeout, ca_file).request(
            "POST",
            metadata.token_endpoint,
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": login.redirect_uri,
                "client_id": login.client_id,
                "code_verifier": code_verifier,
                **_resource(audience),
            },
        )
    except UpstreamError as error:
        logger.warning("A login to the API's pages failed: %s", error)
        raise LoginRefused(f"The tenant gave no answer to the login: {error} Log in again in a moment.", 502) from error
    return _access_token(answer)


def _access_token(answer: UpstreamResponse) -> str:
    try:
        members = answer.json()
    except MalformedJson as error:
        raise LoginRefused(f"The tenant's answer to the login cannot be read (status {answer.status}).", 502) from error
    if answer.status != 200:  # noqa: PLR2004 - RFC 6749 §5.1
        raise refused_token_request(members.get("error"))
    token, kind = members.get("access_token"), members.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":  # RFC 6749 §7.1: never use a token of an unknown type
        raise LoginRefused("The tenant issued a token that is not a Bearer token, which is not supported here.", 502)
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise LoginRefused("The tenant's answer to the login contains no access token.", 502)
    return token


def _resource(audience: str) -> dict[str, str]:
    """Return the parameter `resource` if the audience can be one: an absolute URI without a fragment (RFC 8707 §2)."""
    return {"resource": audience} if _ABSOLUTE_URI.fullmatch(audience) else {}


@cache
def _http(timeout: float, ca_file: Path | None) -> UpstreamHttp:
    return UpstreamHttp(timeout=timeout, ca_file=ca_file, pool_size=2)
