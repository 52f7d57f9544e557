from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from resource_server.issuer_metadata import IssuerMetadata, IssuerMetadataInvalid, discover
from resource_server.json_web_key_set import usable_keys
from resource_server.strict_json import MalformedJson
from resource_server.upstream_http import UpstreamHttp

MAX_KEY_SET = 524_288  # bytes


def fetch_keys(
    issuer: str, http: UpstreamHttp, *, deadline: float
) -> tuple[Mapping[str, RSAPublicKey], IssuerMetadata]:
    """What an issuer publishes now: its keys, at least one, and its endpoints. Raises UpstreamError.

    `deadline` is in seconds, for the metadata; the keys have the time that `http` gives to each request.
    """
    metadata = discover(issuer, http, deadline=deadline)
    answer = http.request("GET", metadata.jwks_uri, max_bytes=MAX_KEY_SET)
    try:
        keys = usable_keys(answer.json()) if answer.status == 200 else {}  # noqa: PLR2004
    except MalformedJson as error:
        raise IssuerMetadataInvalid(f"The key set of {issuer} is {error}.") from error
    if not keys:
        raise IssuerMetadataInvalid(f"{issuer} publishes no RS256 key that can be used (status {answer.status}).")
    return keys, metadata
