"""The OpenAPI 3.1 description matches the API; its examples are compared with real responses."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pytest_django import Settings
from rest_framework.test import APIClient

from config.environment import BASE_DIR
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.openapi.problems import RESPONSES
from on_behalf_of.drf.openapi.security import login_scheme
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata, discovery_urls
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer
from tests.on_behalf_of.drf.openapi.document import Document, answer_complaints, complaints, operations, read, resolved
from tests.rooms import configure

READ_WRITE = "read:private write:private"
SCOPES = {
    ("get", "/api/public"): None,
    ("get", "/api/private-scope"): "read:private",
    ("get", "/api/notes/"): "read:private",
    ("post", "/api/notes/"): "write:private",
    ("get", "/api/notes/{id}/"): "read:private",
    ("put", "/api/notes/{id}/"): "write:private",
    ("patch", "/api/notes/{id}/"): "write:private",
    ("delete", "/api/notes/{id}/"): "write:private",
}


@pytest.fixture
def writer(issuer: Issuer) -> dict[str, Any]:
    return bearer(issuer.delegated_token(scope=READ_WRITE))


@pytest.fixture
def document(api: APIClient) -> Document:
    return read(api)


def test_an_independent_validator_accepts_the_description_as_openapi_3_1(document: Document) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_names_the_scopes_that_it_requires(api: APIClient, issuer: Issuer, document: Document) -> None:
    """RFC 6750 §3.1: the API's own challenge, to a token without scopes, is the measure."""
    assert {(method, path) for method, path, _ in operations(document)} == set(SCOPES)
    powerless = bearer(issuer.token(scope="none"))
    for method, path, operation in operations(document):
        answer = api.generic(method.upper(), path.replace("{id}", "x"), **powerless)
        asked_for = answer.json()["scope"] if answer.status_code == 403 else None
        assert asked_for == SCOPES[method, path]
        named = operation.get("security", [])
        assert named == ([{"login": [asked_for]}, {"token": [asked_for]}] if asked_for else [])


def test_every_operation_has_a_description_and_a_unique_id(document: Document) -> None:
    described = [operation for _, _, operation in operations(document)]
    assert all(operation["summary"] and operation["description"] for operation in described)
    assert len({operation["operationId"] for operation in described}) == len(described)
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in described for tag in operation["tags"]} == tags


def test_every_example_fits_its_schema(document: Document) -> None:
    contents = [
        content
        for _, _, operation in operations(document)
        for holder in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in resolved(document, holder).get("content", {}).values()
    ]
    contents += [content for each in RESPONSES.values() for content in each["content"].values()]
    assert len(contents) > 80
    for content in contents:
        assert content["examples"]
        for example in content["examples"].values():
            assert complaints(document, content["schema"], example["value"]) == []


def test_the_example_requests_get_the_example_responses(
    api: APIClient, writer: dict[str, Any], document: Document
) -> None:
    made: Any = api.post("/api/notes/", {"title": "Groceries", "body": "Two litres of milk"}, format="json", **writer)
    in_order = sorted(operations(document), key=lambda each: each[0] == "delete")  # which leaves nothing to read
    for method, path, operation in in_order:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        request = body["examples"]["example"]["value"] if body else None
        url = path.replace("{id}", made.json()["id"])
        data = json.dumps(request) if request else ""
        answer: Any = api.generic(method.upper(), url, data, content_type="application/json", **writer)
        assert answer.status_code < 300
        assert answer_complaints(document, operation, answer) == []
        content = operation["responses"][str(answer.status_code)].get("content")
        if content:
            example = content["application/json"]["examples"]["example"]["value"]
            assert _shape(answer.json()) == _shape(example)


def _shape(value: Any) -> Any:
    """Names of members, all the way down; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    return [_shape(each) for each in value[:1]] if isinstance(value, list) else None


@pytest.mark.parametrize(
    ("status", "method", "path", "changes"),
    [
        (400, "get", "/api/notes/?access_token=x", {}),
        (400, "get", "/api/notes/?page_size=0", {}),
        (400, "post", "/api/notes/", {"data": b'{"title": "a", "title": "b"}'}),
        (400, "post", "/api/notes/", {"data": b"{}"}),
        (400, "post", "/api/notes/", {"data": b'{"title": "x"}', "HTTP_AUTHORIZATION": "Bearer a,b"}),
        (401, "get", "/api/private-scope", {"HTTP_AUTHORIZATION": ""}),
        (401, "delete", "/api/notes/{id}/", {"HTTP_AUTHORIZATION": "Bearer a.b.c"}),
        (403, "post", "/api/notes/", {"scope": "read:private"}),
        (403, "get", "/api/notes/", {"sub": "robot@clients", "gty": "client-credentials"}),
        (404, "get", "/api/notes/{id}/", {}),
        (404, "get", "/api/notes/?page=2", {}),
        (406, "get", "/api/public", {"HTTP_ACCEPT": "application/xml"}),
        (406, "put", "/api/notes/{id}/", {"HTTP_ACCEPT": "application/xml", "data": b'{"title": "x"}'}),
        (413, "post", "/api/notes/", {"data": b'{"title": "' + b"x" * 1_100_000 + b'"}'}),
        (415, "patch", "/api/notes/{id}/", {"content_type": "text/plain", "data": b"x"}),
        (503, "get", "/api/private-scope", {"outage": True}),
    ],
)
def test_every_refusal_is_as_described(
    api: APIClient, issuer: Issuer, document: Document, status: int, method: str, path: str, changes: dict[str, Any]
) -> None:
    claims = {name: changes.pop(name) for name in ("scope", "sub", "gty") if name in changes}
    if changes.pop("outage", False):
        for place in discovery_urls(issuer.url):
            issuer.answers[urlsplit(place).path] = (500, b"{}")
    request: dict[str, Any] = {"content_type": "application/json"}
    request |= bearer(issuer.token(**({"scope": READ_WRITE} | claims))) | changes
    url = path.replace("{id}", "6f1f1a86-3c1c-4b1e-9a55-0d8c3c1b5a10")
    answer = api.generic(method.upper(), url, **request)
    assert answer.status_code == status
    assert answer_complaints(document, document["paths"][path.partition("?")[0]][method], answer) == []


def test_an_unsupported_method_is_answered_as_described(
    api: APIClient, writer: dict[str, Any], document: Document
) -> None:
    answer = api.generic("DELETE", "/api/notes/", **writer)
    operation = {"operationId": "any", "responses": {"405": {"$ref": "#/components/responses/MethodNotAllowed"}}}
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert answer_complaints(document, operation, answer) == []


def test_an_unexpected_error_is_answered_as_described(
    api: APIClient, writer: dict[str, Any], document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("downstream_api.views.NoteViewSet.get_queryset", broken)
    answer = api.get("/api/notes/", **writer)
    assert answer.status_code == 500
    assert answer_complaints(document, document["paths"]["/api/notes/"]["get"], answer) == []


def test_the_login_is_described_from_the_issuers_metadata_once_it_is_known(api: APIClient, issuer: Issuer) -> None:
    """OpenAPI 3.1 §4.8.27: no request waits for the tenant; until then, its discovery document is named."""
    before = read(api)["components"]["securitySchemes"]["login"]
    assert before["openIdConnectUrl"] == f"{issuer.url}.well-known/openid-configuration"
    assert issuer.requests.total() == 0
    api.get("/api/private-scope", **bearer(issuer.token()))
    (flow,) = read(api)["components"]["securitySchemes"]["login"]["flows"].values()
    assert (flow["authorizationUrl"], flow["tokenUrl"]) == (f"{issuer.url}authorize", f"{issuer.url}oauth/token")


def test_an_issuer_without_a_login_is_described_by_its_discovery_document() -> None:
    """RFC 8414 §2: no authorization_endpoint where no grant uses it."""
    metadata = IssuerMetadata("https://t.example/", "https://t.example/jwks", "https://t.example/oauth/token")
    assert login_scheme("https://t.example/", metadata, {})["type"] == "openIdConnect"


def test_the_page_has_no_inline_code_and_connects_only_to_this_api(api: APIClient) -> None:
    for path in ("/docs", "/docs/oauth2-redirect.html"):
        answer = api.get(path)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "http" not in policy
        assert b"<script>" not in answer.content
        assert b"<style" not in answer.content


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/oauth2-redirect.html"])
def test_without_api_docs_there_is_no_description(api: APIClient, settings: Settings, path: str) -> None:
    configure(settings, API=replace(api_configuration(), is_described=False))
    assert api.get(path).status_code == 404


def test_the_description_may_be_read_by_pages_of_any_origin(api: APIClient) -> None:
    assert api.get("/openapi.json").headers["Access-Control-Allow-Origin"] == "*"


def test_the_generator_of_the_description_is_loaded_on_first_use() -> None:
    code = (
        "import sys, config.api.wsgi; from django.urls import get_resolver; get_resolver().url_patterns;"
        "print('drf_spectacular.openapi' in sys.modules, 'drf_spectacular.plumbing' in sys.modules)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.api.settings"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]
