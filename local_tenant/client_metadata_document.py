# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""Client ID Metadata Documents: a client's id is the https URL of a JSON document that describes it."""

import hashlib
import logging
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from django.core.cache import cache
from oauth2_provider import cimd
from oauth2_provider.cimd import CIMDError
from oauth2_provider.models import Application
from oauth2_provider.settings import oauth2_settings

from local_tenant.blank import is_blank
from local_tenant.client_registration import MAX_NAME_LENGTH
from local_tenant.oauth_parameters import MalformedRequest, is_storable, json_object
from local_tenant.redirect_uris import is_this_machine, may_be_registered

TIMEOUT = 5.0  # seconds, for the whole document
MAX_SIZE = 16_384  # bytes
MAX_URL = 255  # characters, the width of the column
LOOPBACK_MAX_AGE = 30  # seconds; short, so that changes to the document take effect soon
REASON_KEPT = 60  # seconds
OK, REDIRECTS = 200, range(300, 400)
FOR_ANY_SERVER = {"refresh_token", "urn:ietf:params:oauth:grant-type:device_code"}  # besides authorization_code
logger = logging.getLogger(__name__)

REGISTER_INSTEAD = (
    "Or have the client register itself (dynamic client registration): clients that support both do so if the tenant "
    "is started with LOCAL_TENANT_CIMD=false."
)
SWITCHED_OFF = "This tenant does not accept client metadata documents, so that it works offline."
SWITCH_ON = (
    "Have the client register itself (dynamic client registration), or start the tenant with LOCAL_TENANT_CIMD=true."
)
# The remedy for each kind of cause.
CONNECT = f"Check the URL, and that this machine is online. {REGISTER_INSTEAD}"
START_SERVER = f"Check the port in the URL, and that the server is up. {REGISTER_INSTEAD}"
MALFORMED_URL = "its URL must have a path without dots, and no credentials, spaces or fragment"
CORRECT_URL = "Give the client the URL of its document as its id."
CORRECT_DOCUMENT = f"Correct the document, or ask the client's maker to. {REGISTER_INSTEAD}"
CORRECT_SERVER = f"Correct the server of the document, or ask the client's maker to. {REGISTER_INSTEAD}"


class DocumentRefused(CIMDError):
    """Raised for a document that cannot be used, with the reason and the remedy for the error page.

    Neither names an address or repeats text from a server or a library; that is in `__cause__`, for the log.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True)
class WhyRefused:
    """The reason that the error page gives, and the remedy."""

    description: str
    remedy: str


class MetadataFetcher:
    """Fetches documents for django-oauth-toolkit: from public addresses, over TLS, without following redirects.

    With LOCAL_TENANT.cimd_ca_file set, it also fetches documents from loopback, and verifies their TLS against that CA
    alone.
    """

    def fetch(self, client_id: str) -> tuple[dict[str, Any], int]:
        """Return the document, and for how many seconds it may be kept. Raises CIMDError; see `why_refused`."""
        try:
            response, body = _fetch(_url(client_id))
            document = _read(response, body)
            _check(document, client_id)
        except DocumentRefused as refused:
            logger.info("A client metadata document cannot be used: %s (%r)", refused.reason, refused.__cause__)
            cache.set(_reason_key(client_id), (refused.reason, refused.remedy), REASON_KEPT)
            raise
        cache.delete(_reason_key(client_id))
        if is_this_machine(urlsplit(client_id).hostname):
            return document, LOOPBACK_MAX_AGE
        return document, cimd._effective_max_age(response.headers.get("Cache-Control"))  # noqa: SLF001


def takes_client_documents() -> bool:
    """Return whether this tenant fetches documents. By default it does not, so that it works offline."""
    return bool(oauth2_settings.CIMD_ENABLED)


def is_taken(application: Application) -> bool:
    """Return False for a client that is known by its document while documents are off, because nothing refreshes it."""
    by_document = application.registration_source == Application.RegistrationSource.CIMD
    return takes_client_documents() or not by_document


def why_refused(client_id: str) -> WhyRefused:
    """Return why the document at this URL was refused, if it was fetched in the last minute."""
    if not takes_client_documents():
        return WhyRefused(SWITCHED_OFF, SWITCH_ON)
    reason, remedy = cache.get(_reason_key(client_id)) or ("it was not fetched recently", "Try again in a few seconds.")
    return WhyRefused(f"The client's metadata document cannot be used: {reason}.", remedy)


def _url(client_id: str) -> SplitResult:
    """Parse a client id (draft-ietf-oauth-client-id-metadata-document §3). Raises DocumentRefused."""
    if len(client_id) > MAX_URL:
        raise DocumentRefused(f"its URL is longer than {MAX_URL} characters", CORRECT_URL)
    try:
        cimd._validate_client_id_url(client_id)  # noqa: SLF001
        url = urlsplit(client_id)
    except (CIMDError, ValueError) as error:
        raise DocumentRefused(MALFORMED_URL, CORRECT_URL) from error
    if not client_id.isascii() or not client_id.isprintable() or " " in client_id or url.path == "/":
        raise DocumentRefused(MALFORMED_URL, CORRECT_URL)
    return url


def _fetch(url: SplitResult) -> tuple[urllib3.BaseHTTPResponse, bytes]:
    """Return the answer of the first address that accepts a connection. Raises DocumentRefused."""
    addresses, context = _whom_to_ask(url)
    deadline = time.monotonic() + TIMEOUT
    refused: DocumentRefused | None = None
    for address in addresses:
        if time.monotonic() >= deadline:
            break
        # Connect to the address that was checked; the name is only for TLS and the Host header.
        with urllib3.HTTPSConnectionPool(
            address,
            url.port or 443,
            ssl_context=context,
            server_hostname=url.hostname,
            retries=False,
            timeout=urllib3.Timeout(total=deadline - time.monotonic()),
        ) as pool:
            try:
                response = pool.urlopen(
                    "GET",
                    f"{url.path}?{url.query}" if url.query else url.path,
                    headers={"Accept": "application/json, application/*+json", "Host": url.netloc},
                    redirect=False,
                    preload_content=False,
                )
                return response, _body(response, deadline)
            except urllib3.exceptions.HTTPError as error:
                refused = _why_unreachable(error)
                refused.__cause__ = error
    raise refused or _too_slow()


def _whom_to_ask(url: SplitResult) -> tuple[list[str], ssl.SSLContext]:
    """Return the addresses that may be asked, and a context with the CAs to trust there. Raises DocumentRefused."""
    host, ca_file = url.hostname or "", None
    if is_this_machine(host):
        ca_file = settings.LOCAL_TENANT.cimd_ca_file
        if ca_file is None:
            raise DocumentRefused(
                "it is on this machine, but LOCAL_TENANT_CIMD_CA names no CA to trust there",
                f"Name the CA of its certificate in LOCAL_TENANT_CIMD_CA. {REGISTER_INSTEAD}",
            )
    try:
        if ca_file:
            found = socket.getaddrinfo(host, url.port or 443, proto=socket.IPPROTO_TCP)
            addresses = [str(address[0]) for *_, address in found if is_this_machine(str(address[0]))]
        else:
            addresses = cimd._resolve_and_validate(host, url.port or 443)  # noqa: SLF001
    except (CIMDError, OSError, UnicodeError) as error:
        if isinstance(error, CIMDError) and not isinstance(error.__cause__, OSError):
            raise DocumentRefused(
                "its host is not on the public internet",
                f"Publish it there, or on this machine with LOCAL_TENANT_CIMD_CA set. {REGISTER_INSTEAD}",
            ) from error
        raise DocumentRefused("the name of its host does not resolve on this machine", CONNECT) from error
    return addresses, _trusting(ca_file)


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that trusts only this CA, or the public ones. It ignores the variables of `requests`."""
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


def _why_unreachable(error: urllib3.exceptions.HTTPError) -> DocumentRefused:
    """Return the reason, based on the types of the exceptions and never on their texts."""
    inner = error.args[-1] if isinstance(error, urllib3.exceptions.SSLError) else error.__cause__
    if isinstance(inner, ssl.SSLCertVerificationError):
        return DocumentRefused(
            "the certificate of its server is not trusted for this host",
            "The certificate must be for the host, be valid now, and come from a public CA or, on this machine, from "
            f"the CA in LOCAL_TENANT_CIMD_CA. {REGISTER_INSTEAD}",
        )
    if isinstance(error, urllib3.exceptions.SSLError):
        return DocumentRefused("its server does not complete a TLS handshake", CORRECT_SERVER)
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    ):
        return _too_slow()
    if isinstance(inner, ConnectionRefusedError):
        return DocumentRefused("its server refuses connections", START_SERVER)
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return DocumentRefused("its server cannot be reached from this machine", CONNECT)
    return DocumentRefused("its server closed the connection", CORRECT_SERVER)


def _too_slow() -> DocumentRefused:
    return DocumentRefused(f"it did not arrive within {TIMEOUT:.0f} seconds", CONNECT)


def _body(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Return at most one byte more than MAX_SIZE. Raises DocumentRefused once the deadline has passed."""
    body = b""
    while len(body) <= MAX_SIZE and (chunk := response.read1(MAX_SIZE + 1 - len(body))):
        body += chunk
        if time.monotonic() > deadline:
            raise _too_slow()
    return body


def _read(response: urllib3.BaseHTTPResponse, body: bytes) -> dict[str, Any]:
    """Return the JSON object in the answer. Raises DocumentRefused."""
    if response.status in REDIRECTS:
        raise DocumentRefused(
            "its server redirects, but the document must be at the URL itself",
            f"Give the client the URL of the document itself as its id. {REGISTER_INSTEAD}",
        )
    if response.status != OK:
        raise DocumentRefused(f"its server answers with status {response.status}, not 200", CORRECT_SERVER)
    if len(body) > MAX_SIZE:
        raise DocumentRefused(f"it is larger than {MAX_SIZE // 1024} KB", CORRECT_DOCUMENT)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise DocumentRefused("its Content-Type is not application/json", CORRECT_SERVER)
    try:
        return dict(json_object(body.decode("utf-8")))
    except (MalformedRequest, UnicodeDecodeError) as error:
        raise DocumentRefused("it is not a JSON object with unique members", CORRECT_DOCUMENT) from error


def _check(document: dict[str, Any], client_id: str) -> None:
    """Check the content, and give reasons that django-oauth-toolkit would only log. Raises DocumentRefused."""

    def refuse(reason: str) -> DocumentRefused:
        return DocumentRefused(reason, CORRECT_DOCUMENT)

    if document.get("client_id") != client_id:
        raise refuse("its client_id is not the URL that it was fetched from")
    if document.get("token_endpoint_auth_method", "none") != "none" or {
        "client_secret",
        "client_secret_expires_at",
    } & set(document):
        raise refuse(
            "it does not describe a public client, which has token_endpoint_auth_method none and no client_secret"
        )
    uris, name = document.get("redirect_uris"), document.get("client_name", "")
    if not isinstance(uris, list) or not uris or not all(isinstance(u, str) and may_be_registered(u) for u in uris):
        raise refuse("its redirect_uris must use https, http on this machine, or the scheme of a known editor")
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or not is_storable(name):
        raise refuse(f"its client_name must be a string of at most {MAX_NAME_LENGTH} characters")
    if name and is_blank(name):
        raise refuse("its client_name has no visible character")
    grants = document.get("grant_types", ["authorization_code"])
    if not isinstance(grants, list) or "authorization_code" not in grants:
        raise refuse("its grant_types must include authorization_code")
    if not all(isinstance(grant, str) and grant in FOR_ANY_SERVER | {"authorization_code"} for grant in grants):
        raise refuse("its grant_types include one that this tenant does not allow for unknown clients")
    # The document is for all servers, so it may name grants that this one lacks; drop them (RFC 7591 §2).
    document["grant_types"] = ["authorization_code"]


def _reason_key(client_id: str) -> str:
    return "local_tenant:cimd:" + hashlib.sha256(client_id.encode(errors="replace")).hexdigest()
