# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""Client ID Metadata Documents: a client names itself by the https URL of a JSON document about it."""

import hashlib
import logging
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from django.core.cache import cache
from oauth2_provider.cimd import CIMDError, SafeMetadataFetcher
from oauth2_provider.models import Application
from oauth2_provider.settings import oauth2_settings

from local_tenant.oauth_parameters import MalformedRequest, is_storable, json_object
from local_tenant.redirect_uris import is_this_machine, may_be_registered

TIMEOUT = 5.0  # seconds, for the whole document
MAX_SIZE = 16_384  # bytes
MAX_NAME_LENGTH = 100
LOOPBACK_MAX_AGE = 30  # seconds; who edits the document wants to see it soon
REASON_KEPT = 60  # seconds
logger = logging.getLogger(__name__)


class DocumentRefused(CIMDError):
    """Of a reason that a stranger may read; django-oauth-toolkit's name addresses and statuses of inner networks."""


class MetadataFetcher(SafeMetadataFetcher):
    """django-oauth-toolkit's guarded fetcher, which refuses this machine, with one exception for development.

    With LOCAL_TENANT.cimd_ca_file set, documents on loopback are fetched too, their TLS verified against that CA.
    """

    def fetch(self, client_id: str) -> tuple[dict[str, Any], int]:
        """The document and the seconds it may be kept. Raises CIMDError; `why_refused` then tells the reason."""
        try:
            url = urlsplit(client_id)
            if is_this_machine(url.hostname):
                document, max_age = _fetch_from_loopback(url, settings.LOCAL_TENANT.cimd_ca_file), LOOPBACK_MAX_AGE
            else:
                document, max_age = super().fetch(client_id)
            _check(document, client_id)
            return document, max_age
        except DocumentRefused as refused:
            cache.set(_reason_key(client_id), str(refused), REASON_KEPT)
            raise
        except (CIMDError, ValueError) as error:
            cache.delete(_reason_key(client_id))
            raise CIMDError(str(error)) from error  # django-oauth-toolkit logs it


def takes_client_documents() -> bool:
    """Return whether this tenant fetches documents: not by default, so that it works offline."""
    return bool(oauth2_settings.CIMD_ENABLED)


def is_taken(application: Application) -> bool:
    """Return False for a client known by its document while documents are switched off, so nothing renews it."""
    by_document = application.registration_source == Application.RegistrationSource.CIMD
    return takes_client_documents() or not by_document


def why_refused(client_id: str) -> str:
    """A sentence for the error page: why the document at this URL made no client."""
    if not takes_client_documents():
        return (
            "This tenant takes no client metadata documents, so that it works offline. Have the client register itself "
            "(dynamic client registration), or start the tenant with LOCAL_TENANT_CIMD=true."
        )
    reason = cache.get(_reason_key(client_id)) or (
        "it cannot be fetched, or does not describe a public client with redirect_uris"
    )
    return f"The client's metadata document cannot be used: {reason}."


def _check(document: dict[str, Any], client_id: str) -> None:
    """What django-oauth-toolkit does not look at, or does not say clearly. Raises DocumentRefused."""
    if document.get("client_id") != client_id:
        raise DocumentRefused("its client_id is not the URL that it was fetched from")
    uris, name = document.get("redirect_uris"), document.get("client_name", "")
    if not isinstance(uris, list) or not uris or not all(isinstance(u, str) and may_be_registered(u) for u in uris):
        raise DocumentRefused("its redirect_uris must be https, or http on this machine")
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or not is_storable(name):
        raise DocumentRefused(f"its client_name must be a text of at most {MAX_NAME_LENGTH} characters")


def _fetch_from_loopback(url: SplitResult, ca_file: Path | None) -> dict[str, Any]:
    if ca_file is None:
        raise DocumentRefused("it is on this machine, and LOCAL_TENANT_CIMD_CA names no CA to trust there")
    dots = {".", ".."} & set(url.path.split("/"))
    if url.username is not None or url.fragment or url.path in {"", "/"} or dots:
        raise DocumentRefused("its URL must have a path without dots, and neither credentials nor a fragment")
    context = ssl.create_default_context(cafile=str(ca_file))  # this CA only, whatever the environment says
    deadline = time.monotonic() + TIMEOUT
    with urllib3.HTTPSConnectionPool(
        url.hostname or "", url.port or 443, ssl_context=context, retries=False, timeout=TIMEOUT
    ) as pool:
        try:
            response = pool.urlopen(
                "GET",
                f"{url.path}?{url.query}" if url.query else url.path,
                headers={"Accept": "application/json"},
                redirect=False,
                preload_content=False,
            )
            body = b""
            while len(body) <= MAX_SIZE and (chunk := response.read1(MAX_SIZE)):
                body += chunk
                if time.monotonic() > deadline:
                    raise DocumentRefused("it did not arrive in time")
        except urllib3.exceptions.HTTPError as error:
            logger.info("A client metadata document on this machine cannot be fetched: %s", error)
            raise DocumentRefused("it cannot be fetched") from error
    if response.status != 200:  # noqa: PLR2004
        logger.info("The server of a client metadata document on this machine answered %d.", response.status)
        raise DocumentRefused("its server does not answer with 200")
    if len(body) > MAX_SIZE:
        raise DocumentRefused("it is too big")
    try:
        return dict(json_object(body.decode("utf-8")))
    except (MalformedRequest, UnicodeDecodeError) as error:
        raise DocumentRefused("it is not a JSON object with unique members") from error


def _reason_key(client_id: str) -> str:
    return "local_tenant:cimd:" + hashlib.sha256(client_id.encode()).hexdigest()
