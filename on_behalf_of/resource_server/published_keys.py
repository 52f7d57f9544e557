from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.primitives.strict_json import MalformedJson
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata, IssuerMetadataInvalid, discover
from on_behalf_of.resource_server.json_web_key_set import usable_keys

MAX_KEY_SET = 524_288  # bytes


def fetch_keys(
    issuer: str, http: UpstreamHttp, *, deadline: float
) -> tuple[Mapping[str, RSAPublicKey], IssuerMetadata]:
    """Fetch an issuer's keys, at least one, and its endpoints. Raises UpstreamError.

    `deadline` limits the metadata, in seconds; the keys have the time that `http` gives to each request.
    """
    metadata = discover(issuer, http, deadline=deadline)
    keys = usable_keys(fetch_key_set(metadata, http))
    if not keys:
        raise IssuerMetadataInvalid(f"{issuer} publishes no RS256 key that can be used.")
    return keys, metadata


def fetch_key_set(metadata: IssuerMetadata, http: UpstreamHttp) -> dict[str, Any]:
    """Fetch the JWK Set that the issuer publishes, unchanged. Raises UpstreamError."""
    answer = http.request("GET", metadata.jwks_uri, max_bytes=MAX_KEY_SET)
    if answer.status != 200:  # noqa: PLR2004
        raise IssuerMetadataInvalid(f"{metadata.issuer} does not give its keys: it answered {answer.status}.")
    try:
        return answer.json()
    except MalformedJson as error:
        raise IssuerMetadataInvalid(f"The key set of {metadata.issuer} is {error}.") from error
