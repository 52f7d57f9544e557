"""Clients that are known by a document of theirs (CIMD), fetched over TLS from a real server."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from oauth2_provider.cimd import CIMDError, SafeMetadataFetcher

from tests.client_documents import DocumentServer, make_authority, serving_documents
from tests.local_tenant.flow import BRIDGE, Browser, authorize_url, error, token_request, verified


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server(authority: tuple[Path, Path]) -> Iterator[DocumentServer]:
    with serving_documents(authority[1]) as documents:
        yield documents


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"CIMD_ENABLED": True}


@pytest.fixture
def trusted(settings: Any, process: None, authority: tuple[Path, Path]) -> None:
    settings.LOCAL_TENANT = replace(settings.LOCAL_TENANT, cimd_ca_file=authority[0])


def test_a_client_logs_in_with_the_url_of_its_document(
    trusted: None, browser: Browser, server: DocumentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")  # what the environment trusts is of no matter
    client_id = server.publish("/client.json")
    browser.log_in(("admin@example.com", "admin-demo"))
    page = browser.http.get(authorize_url(client_id=client_id)).content.decode()
    assert "A client with a document" in page
    claims = verified(browser.access_token(client_id=client_id), BRIDGE)
    assert claims["client_id"] == client_id
    assert server.requests.count("/client.json") == 1  # kept for a while


def test_while_documents_are_switched_off_none_is_fetched_and_none_is_used(
    trusted: None, browser: Browser, server: DocumentServer, settings: Any
) -> None:
    known, unknown = server.publish("/known.json"), server.publish("/unknown.json")
    tokens = browser.tokens(client_id=known, scope="offline_access tool:greet")
    requests = list(server.requests)
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"CIMD_ENABLED": False}
    for client_id in (known, unknown):
        page = browser.http.get(authorize_url(client_id=client_id))
        assert page.status_code == 400
        assert "LOCAL_TENANT_CIMD=true" in page.content.decode()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": known}
    assert error(token_request(refresh)) == (401, "invalid_client")
    assert server.requests == requests


def test_without_a_ca_documents_on_loopback_are_refused_with_a_reason(browser: Browser, server: DocumentServer) -> None:
    response = browser.http.get(authorize_url(client_id=server.publish("/no-ca.json")))
    assert response.status_code == 400
    assert "LOCAL_TENANT_CIMD_CA" in response.content.decode()
    assert "/no-ca.json" not in server.requests


def test_a_certificate_of_another_ca_is_not_trusted(
    browser: Browser, server: DocumentServer, settings: Any, tmp_path: Path
) -> None:
    other, _ = make_authority(tmp_path)
    settings.LOCAL_TENANT = replace(settings.LOCAL_TENANT, cimd_ca_file=other)
    response = browser.http.get(authorize_url(client_id=server.publish("/tls.json")))
    assert response.status_code == 400
    assert "/tls.json" not in server.requests


BAD_DOCUMENTS: dict[str, dict[str, Any]] = {
    "of another client": {"client_id": "https://localhost/other"},
    "without redirect": {"redirect_uris": []},
    "with http elsewhere": {"redirect_uris": ["http://example.com/cb"]},
    "with numbers": {"redirect_uris": [1]},
    "with a secret": {"client_secret": "x"},
    "that is confidential": {"token_endpoint_auth_method": "client_secret_basic"},
    "for the implicit flow": {"grant_types": ["implicit", "authorization_code"]},
    "with NUL in its name": {"client_name": "a\x00"},
    "with an odd name": {"client_name": ["x"]},
}


@pytest.mark.parametrize(("number", "changes"), [*enumerate(BAD_DOCUMENTS.values())], ids=BAD_DOCUMENTS)
def test_a_bad_document_makes_no_client(
    trusted: None, browser: Browser, server: DocumentServer, number: int, changes: dict[str, Any]
) -> None:
    response = browser.http.get(authorize_url(client_id=server.publish(f"/bad-{number}.json", **changes)))
    assert response.status_code == 400
    assert "metadata document cannot be used" in response.content.decode()


BAD_ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "missing": (404, {}, b""),
    "redirected": (302, {"Location": "/client.json"}, b""),
    "too big": (200, {}, b'{"x": "' + b"x" * 20_000 + b'"}'),
    "no JSON": (200, {}, b"hello"),
    "a list": (200, {}, b"[]"),
    "not UTF-8": (200, {}, b'{"x": "\xff"}'),
    "with duplicate members": (200, {}, b'{"client_id": "a", "client_id": "b"}'),
}


@pytest.mark.parametrize(("number", "answer"), [*enumerate(BAD_ANSWERS.values())], ids=BAD_ANSWERS)
def test_a_bad_answer_makes_no_client(
    trusted: None, browser: Browser, server: DocumentServer, number: int, answer: tuple[int, dict[str, str], bytes]
) -> None:
    before = list(server.requests)
    server.answers[f"/answer-{number}"] = answer
    response = browser.http.get(authorize_url(client_id=server.url(f"/answer-{number}")))
    assert response.status_code == 400
    assert "metadata document cannot be used" in response.content.decode()
    assert server.requests == [*before, f"/answer-{number}"]  # redirects are not followed


@pytest.mark.parametrize("path", ["", "/", "/a/../b", "/x#y"])
def test_a_url_that_cannot_be_a_client_id_is_not_fetched(
    trusted: None, browser: Browser, server: DocumentServer, path: str
) -> None:
    before = list(server.requests)
    assert browser.http.get(authorize_url(client_id=server.url(path))).status_code == 400
    assert server.requests == before


def test_an_address_in_a_private_network_is_never_fetched(trusted: None, browser: Browser) -> None:
    response = browser.http.get(authorize_url(client_id="https://10.0.0.1/client.json"))
    assert response.status_code == 400
    assert "cannot be fetched" in response.content.decode()


def test_what_a_name_resolves_to_is_for_the_log_only(
    trusted: None, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inner = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr("oauth2_provider.cimd.socket.getaddrinfo", lambda *_args, **_kwargs: inner)
    page = browser.http.get(authorize_url(client_id="https://wiki.example.com/client.json")).content.decode()
    assert "metadata document cannot be used" in page
    assert "10.1.2.3" not in page
    assert "non-public" not in page
    assert "10.1.2.3" in caplog.text


@pytest.mark.parametrize("reason", ["client_id document returned HTTP 418", "could not resolve: Errno -2"])
def test_no_reason_of_the_libraries_is_shown(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    def refuse(*_: Any) -> None:
        raise CIMDError(reason)

    monkeypatch.setattr(SafeMetadataFetcher, "fetch", refuse)
    page = browser.http.get(authorize_url(client_id="https://wiki.example.com/client.json")).content.decode()
    assert "metadata document cannot be used" in page
    assert reason not in page
    assert reason in caplog.text


def test_a_server_that_is_not_there_is_no_traceback(trusted: None, browser: Browser) -> None:
    assert browser.http.get(authorize_url(client_id="https://localhost:1/client.json")).status_code == 400
