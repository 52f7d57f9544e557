import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp, UpstreamResponse
from on_behalf_of.primitives.strict_json import MalformedJson

_URL = re.compile(r"[\x21-\x7e]+")  # urlsplit ignores line breaks and tabs, so they are refused before
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class IssuerMetadataInvalid(UpstreamError):
    """The issuer's metadata cannot be used; the text says why."""


class IssuerDiffers(IssuerMetadataInvalid):
    """The document names another issuer than the one at whose address it was found (RFC 8414 §3.3)."""

    def __init__(self, issuer: str, named: object) -> None:
        super().__init__(f"The metadata at {issuer} names another issuer; compare the trailing slash too.")
        self.named = named  # as found, so of any type


@dataclass(frozen=True)
class IssuerMetadata:
    """The part of an issuer's metadata that is used here (OpenID Connect Discovery §3, RFC 8414 §2)."""

    issuer: str
    jwks_uri: str
    token_endpoint: str
    authorization_endpoint: str | None = None  # None if it is missing or not usable
    end_session_endpoint: str | None = None  # OpenID Connect RP-Initiated Logout §2.1
    iss_parameter_supported: bool = False  # RFC 9207 §3: authorization responses carry `iss`


def discovery_urls(issuer: str) -> tuple[str, str]:
    """Return the URLs of the issuer's metadata: appended to it (OpenID Connect), or before its path (RFC 8414 §3)."""
    url = urlsplit(issuer)
    return (
        f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        f"{url.scheme}://{url.netloc}/.well-known/oauth-authorization-server{url.path.rstrip('/')}",
    )


def discover(issuer: str, http: UpstreamHttp, *, deadline: float) -> IssuerMetadata:
    """Fetch and check the metadata of `issuer`, in at most `deadline` seconds for each of two URLs.

    Raises UpstreamError; IssuerMetadataInvalid if the document lacks what is needed or names another issuer (RFC 8414
    §3.3: the strings must be identical).
    """
    return read_metadata(issuer, published_metadata(issuer, http, deadline=deadline))


def published_metadata(issuer: str, http: UpstreamHttp, *, deadline: float) -> UpstreamResponse:
    """Return the issuer's answer that contains its metadata, not yet checked. Raises UpstreamError."""
    for url in discovery_urls(issuer):
        answer = http.request("GET", url, deadline=deadline)
        if answer.status == 200:  # noqa: PLR2004 - OK
            return answer
    raise IssuerMetadataInvalid(f"{issuer} publishes no metadata: it answered {answer.status}.")


def read_metadata(issuer: str, answer: UpstreamResponse) -> IssuerMetadata:
    """Return the metadata in `answer`, checked. Raises IssuerMetadataInvalid."""
    try:
        document = answer.json()
    except MalformedJson as error:
        raise IssuerMetadataInvalid(f"The metadata of {issuer} is {error}.") from error
    if document.get("issuer") != issuer:
        raise IssuerDiffers(issuer, document.get("issuer"))
    return IssuerMetadata(
        issuer=issuer,
        jwks_uri=_endpoint(document.get("jwks_uri"), "jwks_uri", issuer),
        token_endpoint=_endpoint(document.get("token_endpoint"), "token_endpoint", issuer),
        authorization_endpoint=_usable(document.get("authorization_endpoint"), issuer),
        end_session_endpoint=_usable(document.get("end_session_endpoint"), issuer),
        iss_parameter_supported=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(value: object, name: str, issuer: str) -> str:
    if usable := _usable(value, issuer):
        return usable
    raise IssuerMetadataInvalid(f"The metadata of {issuer} has no usable {name}.")


def _usable(value: object, issuer: str) -> str | None:
    if isinstance(value, str) and _URL.fullmatch(value):
        try:
            url = urlsplit(value)
            fits = url.scheme == "https" or (
                # Plain http is for development: issuer and endpoint both on this machine.
                url.scheme == "http" and url.hostname in LOOPBACK and urlsplit(issuer).scheme == "http"
            )
            if fits and url.hostname and url.username is None and url.port != 0:  # an invalid port raises
                return value
        except ValueError:
            pass
    return None
