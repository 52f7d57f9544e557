"""OpenID Connect Discovery and RFC 8414: where an issuer's keys are, and whether the metadata is valid."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadataInvalid, discover, discovery_urls
from on_behalf_of.resource_server.published_keys import MAX_KEY_SET
from on_behalf_of.resource_server.refusals import KeysUnavailable
from tests.issuer import Issuer, key_id, public_jwk, rsa_key, serving_issuer

OPENID = "/.well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"
KEYS = "/.well-known/jwks.json"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


def say(issuer: Issuer, document: Any, *, path: str = OPENID, status: int = 200) -> None:
    issuer.answers[path] = (status, document if isinstance(document, bytes) else json.dumps(document).encode())


def metadata(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    return issuer.documents()[OPENID] | changes


def discovery_of(issuer: Issuer) -> Any:
    return discover(issuer.url, UpstreamHttp(timeout=5), deadline=5)


def refuse_keys(issuer: Issuer) -> None:
    """Check that the issuer's keys are refused, without repeating what it sent."""
    with pytest.raises(KeysUnavailable) as unavailable:
        IssuerKeys(issuer.url, KeyFetching(timeout=5)).key(key_id(issuer.keys[0]))
    assert unavailable.value.retry_after >= 1
    assert str(unavailable.value) == KeysUnavailable.description


@pytest.mark.parametrize(
    ("issuer", "urls"),
    [
        ("https://a.example/", ("https://a.example" + OPENID, "https://a.example" + OAUTH)),
        ("https://a.example", ("https://a.example" + OPENID, "https://a.example" + OAUTH)),
        ("https://a.example/t/1/", (f"https://a.example/t/1{OPENID}", f"https://a.example{OAUTH}/t/1")),
        ("http://localhost:9000/", ("http://localhost:9000" + OPENID, "http://localhost:9000" + OAUTH)),
    ],
)
def test_metadata_is_searched_at_both_addresses(issuer: str, urls: tuple[str, str]) -> None:
    """OpenID Connect Discovery §4 appends the well-known path, RFC 8414 §3.1 puts it before the issuer's own."""
    assert discovery_urls(issuer) == urls


def test_the_metadata_of_openid_connect_is_enough(issuer: Issuer) -> None:
    found = discovery_of(issuer)
    assert (found.issuer, found.jwks_uri) == (issuer.url, f"{issuer.url}.well-known/jwks.json")
    assert found.token_endpoint == f"{issuer.url}oauth/token"
    assert issuer.requests == {OPENID: 1}


def test_metadata_for_the_login_is_optional(issuer: Issuer) -> None:
    found = discovery_of(issuer)
    assert (found.authorization_endpoint, found.iss_parameter_supported) == (f"{issuer.url}authorize", True)
    unusable = {"authorization_endpoint": "http://elsewhere.example/", "end_session_endpoint": ["https://a.example/"]}
    say(issuer, metadata(issuer, **unusable, authorization_response_iss_parameter_supported="yes"))
    found = discovery_of(issuer)
    assert (found.authorization_endpoint, found.end_session_endpoint) == (None, None)
    assert found.iss_parameter_supported is False  # RFC 9207 §3 knows true and false
    assert found.token_endpoint == f"{issuer.url}oauth/token"


@pytest.mark.parametrize("status", [404, 403, 500, 302])
def test_the_metadata_of_rfc_8414_is_enough(issuer: Issuer, status: int) -> None:
    say(issuer, {}, status=status)
    say(issuer, metadata(issuer), path=OAUTH)
    assert discovery_of(issuer).issuer == issuer.url
    assert issuer.requests == {OPENID: 1, OAUTH: 1}


def test_without_metadata_there_are_no_keys(issuer: Issuer) -> None:
    say(issuer, {}, status=404)
    with pytest.raises(IssuerMetadataInvalid):
        discovery_of(issuer)
    refuse_keys(issuer)


@pytest.mark.parametrize("change", ["{}/", "{}x", " {}", "", "HTTP{}", "https://attacker.example/"])
def test_the_metadata_must_name_exactly_the_same_issuer(issuer: Issuer, change: str) -> None:
    """RFC 8414 §3.3: issuer must be identical to the identifier that the URL was made from."""
    named = change.format(issuer.url)
    say(issuer, metadata(issuer) | {"issuer": named})
    with pytest.raises(IssuerMetadataInvalid) as invalid:
        discovery_of(issuer)
    assert not named or named == f" {issuer.url}" or named not in str(invalid.value)
    refuse_keys(issuer)
    assert KEYS not in issuer.requests


def test_an_issuer_configured_without_its_slash_is_refused(issuer: Issuer) -> None:
    """RFC 8414 §3.3: no normalization; tokens would not match either."""
    with pytest.raises(IssuerMetadataInvalid):
        discover(issuer.url.rstrip("/"), UpstreamHttp(timeout=5), deadline=5)


@pytest.mark.parametrize("name", ["jwks_uri", "token_endpoint"])
@pytest.mark.parametrize(
    "value",
    [
        *(None, "", 1, [], {}, "jwks.json", "//127.0.0.1/keys", "/keys", "ftp://127.0.0.1/", "file:///etc/passwd"),
        *("http://keys.example/", "http://127.0.0.2/", "http://127.0.0.1.attacker.example/", "http://10.0.0.1/"),
        *("https://", "https:///keys", "https://user@keys.example/", "https://u:p@keys.example/", "https://[::1/"),
        *(
            "https://keys.example:99999/",
            "https://keys.example:x/",
            "https://keys.example/\n",
            "https://keys.example/ü",
        ),
        *("ht\ntps://keys.example/", " https://keys.example/", "http://user@127.0.0.1/", "javascript:alert(1)"),
    ],
)
def test_an_endpoint_that_must_not_be_used_is_refused(issuer: Issuer, name: str, value: Any) -> None:
    """RFC 8414 §2: jwks_uri and token_endpoint are https; plain http is for one's own machine only."""
    say(issuer, metadata(issuer, **{name: value}))
    with pytest.raises(IssuerMetadataInvalid) as invalid:
        discovery_of(issuer)
    assert name in str(invalid.value)


@pytest.mark.parametrize(
    "url", ["https://keys.example/", "http://localhost:1/", "http://[::1]:1/k", "http://127.0.0.1/k"]
)
def test_an_endpoint_may_be_https_anywhere_and_http_on_this_machine(issuer: Issuer, url: str) -> None:
    say(issuer, metadata(issuer, jwks_uri=url))
    assert discovery_of(issuer).jwks_uri == url


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b"\xff", b'{"issuer": 1, "issuer": 2}', b"[" * 100_000])
def test_metadata_that_is_not_a_json_object_is_refused(issuer: Issuer, document: bytes) -> None:
    """RFC 8414 §3.2: a JSON object."""
    say(issuer, document)
    with pytest.raises(IssuerMetadataInvalid):
        discovery_of(issuer)


def test_endless_metadata_is_refused(issuer: Issuer) -> None:
    say(issuer, b" " * 2_000_000)
    with pytest.raises(UpstreamError):
        discovery_of(issuer)


@pytest.mark.parametrize("status", [201, 204, 302, 307, 401, 404, 429, 500, 503])
def test_a_key_set_needs_status_200(issuer: Issuer, status: int) -> None:
    """RFC 8414 §2, RFC 9110 §15.4: redirects are not followed, because they could lead anywhere."""
    body = b"" if status == 204 else json.dumps(issuer.documents()[KEYS]).encode()
    issuer.answers[KEYS] = (status, body)
    refuse_keys(issuer)
    assert issuer.requests == {OPENID: 1, KEYS: 1}


@pytest.mark.parametrize(
    "document",
    [
        *(b"", b"null ", b"[]", b"{}", b'{"keys": []}', b'{"keys": {}}', b'{"keys": [], "keys": []}', b"\xff"),
        json.dumps({"keys": [public_jwk(rsa_key(), use="enc"), public_jwk(rsa_key("second"), alg="RS512")]}).encode(),
        json.dumps({"keys": [public_jwk(rsa_key())], "padding": "x" * MAX_KEY_SET}).encode(),
    ],
    ids=lambda document: document[:24],
)
def test_a_document_without_usable_keys_is_an_outage_and_not_a_bad_token(issuer: Issuer, document: bytes) -> None:
    """The token may be good, so it must not be called invalid."""
    issuer.answers[KEYS] = (200, document)
    refuse_keys(issuer)
