# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from oauth2_provider.cimd import is_cimd_client_id, refresh_if_stale, resolve_cimd_application
from oauth2_provider.models import Application

from local_tenant import forgotten_client
from local_tenant.audience import requested_api
from local_tenant.client_metadata_document import is_taken, why_refused
from local_tenant.forgotten_client import Advice
from local_tenant.models import Api, Organization
from local_tenant.oauth_errors import InvalidTarget
from local_tenant.oauth_parameters import Parameters
from local_tenant.redirect_uris import may_be_registered

S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7636 §4.2: a SHA-256 hash, base64url
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")  # RFC 6749 §3.3
MAX_NONCE = 255  # characters, the width of the column
PROMPTS = {"none", "login", "consent", "select_account"}


class RefusedHere(Exception):
    """The client or the redirect URI is unknown, so the error is shown here and not sent there (RFC 6749 §4.1.2.1)."""

    def __init__(
        self, error: str, description: str, *, remedy: str = "", client_id: str = "", advice: tuple[Advice, ...] = ()
    ) -> None:
        super().__init__(description)
        self.error, self.description = error, description
        self.remedy, self.client_id, self.advice = remedy, client_id, advice


class RefusedToClient(Exception):
    """An error that is sent to the client, at its redirect URI."""

    def __init__(self, client: "KnownClient", error: str, description: str) -> None:
        super().__init__(description)
        self.location = client.response_url(error=error, error_description=description)


@dataclass(frozen=True)
class KnownClient:
    """A client, and a redirect URI that it has registered."""

    application: Application
    redirect_uri: str
    state: str | None

    def response_url(self, **parameters: str) -> str:
        """Return the redirect URI with `parameters`, `state`, and `iss`, which errors need too (RFC 9207 §2)."""
        answer = {**parameters, "state": self.state or "", "iss": settings.LOCAL_TENANT.issuer}
        url = urlsplit(self.redirect_uri)
        kept = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name not in answer]
        added = [(name, value) for name, value in answer.items() if value]
        return urlunsplit(url._replace(query=urlencode([*kept, *added])))


@dataclass(frozen=True)
class AuthorizationRequest:
    """A checked authorization request: RFC 6749 §4.1.1 with PKCE (RFC 7636) and one API (RFC 8707)."""

    client: KnownClient
    api: Api
    asked: tuple[str, ...]  # scopes; empty if the client named none
    code_challenge: str
    nonce: str
    prompt: frozenset[str]
    login_hint: str
    organization: Organization | None


def read_authorization_request(parameters: Parameters) -> AuthorizationRequest:
    """Check the parameters. Raises RefusedHere if the client or redirect URI is unknown, RefusedToClient afterwards."""
    values = dict(parameters)
    client = _known_client(values)

    def refuse(error: str, description: str) -> RefusedToClient:
        return RefusedToClient(client, error, description)

    if "request" in values or "request_uri" in values:
        raise refuse("request_not_supported", "Send the parameters themselves, not as a request object.")
    if values.get("response_type") is None:
        raise refuse("invalid_request", "The parameter response_type is missing.")
    if values["response_type"] != "code":
        raise refuse("unsupported_response_type", "Only response_type=code is supported.")
    if client.application.authorization_grant_type != Application.GRANT_AUTHORIZATION_CODE:
        raise refuse("unauthorized_client", "This client may not use the authorization code flow.")
    if values.get("response_mode", "query") != "query":
        raise refuse("invalid_request", "Only response_mode=query is supported.")
    if values.get("code_challenge_method") != "S256" or not S256_CHALLENGE.fullmatch(values.get("code_challenge", "")):
        raise refuse("invalid_request", "PKCE is required: send a code_challenge with method S256.")
    if "scope" in values and not SCOPE.fullmatch(values["scope"]):
        raise refuse("invalid_scope", "The parameter scope must be scope names, separated by single spaces.")
    if len(values.get("nonce", "")) > MAX_NONCE:
        raise refuse("invalid_request", f"The nonce must be at most {MAX_NONCE} characters long.")
    prompt = frozenset(values.get("prompt", "").split())
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise refuse("invalid_request", "The parameter prompt has a value that is not supported.")
    try:
        api = requested_api(parameters)
    except InvalidTarget as error:
        raise refuse("invalid_target", error.description) from error
    if api is None:
        raise refuse("invalid_target", "Name the API that the token is for, with audience or resource.")
    organization = Organization.objects.filter(org_id=values.get("organization")).first()
    if organization is None and "organization" in values:
        raise refuse("invalid_request", "There is no such organization.")
    return AuthorizationRequest(
        client=client,
        api=api,
        asked=tuple(dict.fromkeys(values.get("scope", "").split())),
        code_challenge=values["code_challenge"],
        nonce=values.get("nonce", ""),
        prompt=prompt,
        login_hint=values.get("login_hint", ""),
        organization=organization,
    )


def _known_client(values: dict[str, str]) -> KnownClient:
    client_id, redirect_uri = values.get("client_id", ""), values.get("redirect_uri")
    if not client_id:
        raise RefusedHere("invalid_request", "The request names no client: client_id is missing.")
    application = Application.objects.select_related("profile").filter(client_id=client_id).first()
    if application is None:
        application = resolve_cimd_application(client_id, request=None)
    else:
        application = refresh_if_stale(application, request=None)
    if application is None or not is_taken(application):
        raise _unknown(client_id, redirect_uri or "")
    if redirect_uri is None:
        registered = application.redirect_uris.split()
        if len(registered) != 1:
            raise RefusedHere(
                "invalid_request", "The request names no redirect_uri, and the client has registered several."
            )
        redirect_uri = registered[0]
    if not may_be_registered(redirect_uri) or not application.redirect_uri_allowed(redirect_uri):
        raise RefusedHere("invalid_request", "This client has not registered the redirect_uri.")
    return KnownClient(application, redirect_uri, values.get("state"))


def _unknown(client_id: str, redirect_uri: str) -> RefusedHere:
    if is_cimd_client_id(client_id):
        why = why_refused(client_id)
        return RefusedHere("invalid_client", why.description, remedy=why.remedy, client_id=client_id)
    return RefusedHere(
        "invalid_client",
        forgotten_client.SENTENCE,
        remedy=f"{forgotten_client.REMEDY} {forgotten_client.IN_GENERAL}",
        client_id=client_id,
        advice=forgotten_client.advice_for(redirect_uri),
    )
