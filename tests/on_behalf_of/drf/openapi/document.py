"""The description as clients read it, and validation of values against its schemas."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from rest_framework.test import APIClient

URI = "urn:description"
Document = dict[str, Any]


def read(api: APIClient) -> Document:
    answer = api.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    document: Document = answer.json()
    return document


def resolved(document: Document, value: Any) -> Any:
    """Return the target of a reference within the document; return anything else unchanged."""
    while isinstance(value, dict) and "$ref" in value:
        place: Any = document
        for name in value["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        value = place
    return value


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def complaints(document: Document, schema: Document, value: object) -> list[str]:
    """Return why `value` does not fit (JSON Schema 2020-12, with formats); empty if it fits."""
    registry: Registry[Any] = Registry().with_resource(URI, DRAFT202012.create_resource(document))
    schema = _absolute(schema)
    validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


def answer_complaints(document: Document, operation: Document, answer: Any) -> list[str]:
    """Return what in a response is not described: its status, headers or body."""
    described = resolved(document, operation["responses"].get(str(answer.status_code)))
    if described is None:
        return [f"{operation['operationId']} never answers {answer.status_code}"]
    found = [
        f"{name} is missing"
        for name, header in described.get("headers", {}).items()
        if resolved(document, header).get("required") and name not in answer.headers
    ]
    for name, header in described.get("headers", {}).items():
        if name in answer.headers:
            found += complaints(document, resolved(document, header)["schema"], answer.headers[name])
    if content := described.get("content"):
        found += complaints(document, content["application/json"]["schema"], answer.json())
    elif answer.content:
        found.append("a body that is not described")
    return found


def _absolute(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: URI + each if name == "$ref" and str(each).startswith("#") else _absolute(each)
            for name, each in value.items()
        }
    return [_absolute(each) for each in value] if isinstance(value, list) else value
