"""The lending library's description has every shape of the table in `lending_library/__init__.py`."""

import re
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from tests.on_behalf_of.mcp.openapi import lending_library
from tests.on_behalf_of.mcp.openapi.lending_process import description, manage

Schema = dict[str, Any]
ROW = re.compile(r"^    (?P<shape>\S.*?) +\| (?P<operation>\w+) +\| ", re.MULTILINE)
TABLE, IN_CALLS = (lending_library.__doc__ or "").split("Not in the document")
ROWS = [(row["shape"], row["operation"]) for row in ROW.finditer(TABLE)]
HIDDEN = {"\u202e", "\x1b", "\U000e0061"}  # a bidi mark, a control character, a tag character
JSON, MULTIPART, FORM = "application/json", "multipart/form-data", "application/x-www-form-urlencoded"


class Described:
    """One operation of the document. Schemas are found through their references."""

    def __init__(self, document: Schema, operation_id: str) -> None:
        self.document = document
        self.is_31 = document["openapi"].startswith("3.1")
        ((self.path, self.method, self.operation),) = (
            each for each in operations(document) if each[2]["operationId"] == operation_id
        )

    def resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = reduce(lambda part, name: part[name], schema["$ref"].removeprefix("#/").split("/"), self.document)
        return schema

    @property
    def media_types(self) -> set[str]:
        return set(self.operation.get("requestBody", {}).get("content", {}))

    @property
    def body(self) -> Schema:
        content = self.operation["requestBody"]["content"]
        return self.resolved(content[JSON if JSON in content else next(iter(content))]["schema"])

    @property
    def fields(self) -> Schema:
        fields: Schema = self.body["properties"]
        return fields

    @property
    def statuses(self) -> set[str]:
        return set(self.operation["responses"])

    def answer(self, media_type: str = JSON) -> Schema:
        (answer,) = self.operation["responses"].values()
        return self.resolved(answer["content"][media_type]["schema"])

    @property
    def parameters(self) -> dict[tuple[str, str], Schema]:
        return {(each["in"], each["name"]): each for each in self.operation.get("parameters", [])}

    def has_queries(self, *names: str) -> bool:
        return {("query", name) for name in names} <= self.parameters.keys()

    def is_reference(self, schema: Schema, name: str) -> bool:
        return schema == {"$ref": f"#/components/schemas/{name}"}


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _nullable_enum(it: Described) -> bool:
    names = ("LanguageEnum", "BlankEnum", "NullEnum")
    return [each["$ref"].rpartition("/")[2] for each in it.fields["language"]["oneOf"]] == list(names)


def _nullable_object(it: Described) -> bool:
    publisher = it.fields["publisher"]
    if it.is_31:
        return it.is_reference(publisher["oneOf"][0], "Publisher") and publisher["oneOf"][1] == {"type": "null"}
    return it.is_reference(publisher["allOf"][0], "Publisher") and publisher["nullable"] is True


def _formatted_texts(it: Described) -> bool:
    fields = it.answer()["properties"]
    names = ("published", "added", "reference", "cover", "loan_period")
    return [fields[name].get("format") for name in names] == ["date", "date-time", "uuid", "uri", None]


def _paged(it: Described, *parameters: str) -> bool:
    return it.has_queries(*parameters) and it.answer()["properties"].keys() >= {"next", "previous", "results"}


SHAPES: dict[str, Callable[[Described], bool]] = {
    "nullable enum with blank": _nullable_enum,
    "read-only enum": lambda it: (
        it.fields["state"]["readOnly"] and it.is_reference(it.fields["state"]["allOf"][0], "BookStateEnum")
    ),
    "read-only object": lambda it: it.fields["category_info"]["readOnly"] and "allOf" in it.fields["category_info"],
    "nullable object": _nullable_object,
    "blank or formatted text": lambda it: it.fields["contact"]["oneOf"][1] == {"type": "string", "maxLength": 0},
    "nested object": lambda it: "website" in it.document["components"]["schemas"]["Publisher"]["properties"],
    "list of nested objects": lambda it: it.is_reference(it.fields["contributors"]["items"], "Contributor"),
    "list of integers": lambda it: it.fields["shelf_marks"]["items"]["type"] == "integer",
    "map of texts": lambda it: it.fields["attributes"]["additionalProperties"] == {"type": "string"},
    "any JSON": lambda it: "type" not in it.fields["extra"],
    "decimal": lambda it: it.fields["price"]["format"] == "decimal" and "pattern" in it.fields["price"],
    "integer of 64 bits": lambda it: it.fields["edition"]["maximum"] > 2**53,
    "formatted texts": _formatted_texts,
    "plain formats": lambda it: it.fields["email"] == {"type": "string", "format": "email"},
    "default": lambda it: it.fields["weekly"]["default"] is False,
    "recursion": lambda it: it.is_reference(it.fields["children"]["items"], "Category"),
    "polymorphic body": lambda it: it.body["discriminator"]["mapping"].keys() == {"card", "cash"},
    "polymorphic list": lambda it: it.is_reference(it.answer()["properties"]["results"]["items"], "Payment"),
    "array as the body": lambda it: it.body["type"] == "array",
    "optional body": lambda it: it.method == "patch" and "required" not in it.body,
    "no body": lambda it: it.method == "post" and not it.media_types,
    "no content": lambda it: it.statuses == {"204"} and it.method == "post",
    "deletion": lambda it: it.statuses == {"204"} and it.method == "delete",
    "plain list": lambda it: it.answer()["type"] == "array",
    "map as the answer": lambda it: it.answer()["additionalProperties"]["type"] == "array",
    "handwritten `nullable`": lambda it: it.answer()["additionalProperties"]["nullable"],
    "sparse answer": lambda it: "title" in it.resolved(it.answer()["items"])["required"],
    "page by number": lambda it: _paged(it, "page", "page_size"),
    "page by offset": lambda it: _paged(it, "limit", "offset"),
    "page by cursor": lambda it: _paged(it, "cursor") and "count" not in it.answer()["properties"],
    "no pages": lambda it: it.answer()["type"] == "array" and not it.has_queries("page"),
    "binary download": lambda it: it.answer("image/png") == {"type": "string", "format": "binary"},
    "text download": lambda it: it.answer("text/csv") == {"type": "string"},
    "enum parameter": lambda it: it.parameters["query", "state"]["schema"]["enum"] == ["active", "returned"],
    "repeated parameter": lambda it: it.parameters["query", "language"]["explode"] is True,
    "comma-separated parameter": lambda it: it.parameters["query", "fields"]["explode"] is False,
    "deep object parameter": lambda it: it.parameters["query", "price"]["style"] == "deepObject",
    "more than 40 parameters": lambda it: len(it.parameters) > 40,
    "odd parameter names": lambda it: it.has_queries("title[contains]", "created-after"),
    "optional header": lambda it: "required" not in it.parameters["header", "X-Request-Source"],
    "required header": lambda it: it.parameters["header", "Idempotency-Key"]["required"],
    "format parameter": lambda it: it.parameters["query", "format"]["schema"]["enum"] == ["csv", "json"],
    "format suffix": lambda it: it.path.endswith("statistics{format}") and it.has_queries("format"),
    "three equal names": lambda it: (
        it.parameters.keys() == {("path", "name"), ("query", "name")} and "name" in it.fields
    ),
    "two path parameters": lambda it: it.path == "/api/v2/books/{book_pk}/copies/{id}/",
    "text in the path": lambda it: (
        "/api/v2/members/export/" in it.document["paths"]
        and it.parameters["path", "card"]["schema"]["type"] == "string"
    ),
    "UUID in the path": lambda it: it.parameters["path", "reference"]["schema"]["format"] == "uuid",
    "multipart only": lambda it: it.media_types == {MULTIPART},
    "multipart beside JSON": lambda it: it.media_types == {JSON, MULTIPART, FORM} and "photo" in it.fields,
    "form only": lambda it: it.media_types == {FORM},
    "public": lambda it: it.operation["security"] == [{}],
    "any token": lambda it: {"token": []} in it.operation["security"],
    "session as an alternative": lambda it: {"cookieAuth": []} in it.operation["security"],
    "hostile description": lambda it: set(it.operation["description"]) >= HIDDEN,
    "hostile field text": lambda it: (
        "\u202e" in it.resolved(it.answer()["items"])["properties"]["title"]["description"]
    ),
    "long description": lambda it: len(it.operation["description"]) > 10_000,
    "camelCase id": lambda it: it.path == "/api/v2/shelf-map/",
    "deprecated": lambda it: it.operation["deprecated"],
}


@pytest.fixture(params=["3.1.0", "3.0.3"])
def document(request: pytest.FixtureRequest) -> Schema:
    return description(request.param)


@pytest.mark.parametrize(("shape", "operation_id"), ROWS)
def test_each_shape_is_in_the_document(document: Schema, shape: str, operation_id: str) -> None:
    assert SHAPES[shape](Described(document, operation_id))


def test_every_check_has_a_row() -> None:
    assert [shape for shape, _ in ROWS] == list(SHAPES)


def test_the_other_rows_name_operations(document: Schema) -> None:
    named = {row["operation"] for row in ROW.finditer(IN_CALLS)}
    assert named
    assert named <= {operation["operationId"] for _, _, operation in operations(document)}


def test_the_document_has_its_version_and_as_many_operations_as_the_table_says(document: Schema) -> None:
    assert document["openapi"] in {"3.1.0", "3.0.3"}
    assert len([path for path, _, _ in operations(document) if path.startswith("/api/v2/")]) == 50


def test_other_settings_of_drf_spectacular_change_the_document() -> None:
    assert "BookRequest" not in description()["components"]["schemas"]
    schemas = description(COMPONENT_SPLIT_REQUEST=True, ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE=False)["components"][
        "schemas"
    ]
    assert "state" not in schemas["BookRequest"]["properties"]
    assert schemas["Book"]["properties"]["language"] == {"$ref": "#/components/schemas/LanguageEnum"}  # null is lost


def test_the_project_passes_the_system_check_and_lacks_no_migration(tmp_path: Path) -> None:
    assert manage(tmp_path, "check").stderr == ""
    manage(tmp_path, "makemigrations", "--check", "--dry-run")
