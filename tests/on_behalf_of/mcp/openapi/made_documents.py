"""Small documents for shapes that the lending library lacks. Each has operations of its own, all with one scope."""

from collections.abc import Mapping
from typing import Any

SCOPE = "made:all"
TEXT, INTEGER, NUMBER, BOOLEAN = ({"type": name} for name in ("string", "integer", "number", "boolean"))
TEXTS, INTEGERS = ({"type": "array", "items": each} for each in (TEXT, INTEGER))
ANSWER = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}


def document(paths: Mapping[str, Any], *, openapi: str = "3.1.0", **components: Any) -> dict[str, Any]:
    """Return a document whose operations need SCOPE."""
    schemes = {"token": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/", "scopes": {SCOPE: ""}}}}}
    return {
        "openapi": openapi,
        "info": {"title": "Made", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": schemes, **components},
    }


def operation(operation_id: str, *parameters: Any, body: Any = None, **changes: Any) -> dict[str, Any]:
    """Return an operation with a required JSON body of the schema `body`, if that is given."""
    found: dict[str, Any] = {
        "operationId": operation_id,
        "summary": f"Do {operation_id}.",
        "security": [{"token": [SCOPE]}],
        "responses": ANSWER,
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = json_body(body)
    return {**found, **changes}


def json_body(schema: Any, *, required: bool = True, media_type: str = "application/json") -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}, "required": required}


def query(name: str, schema: Any = TEXT, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def path(name: str, schema: Any = TEXT, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, **more}


def record(*required: str, **properties: Any) -> dict[str, Any]:
    found = {"type": "object", "properties": properties}
    return {**found, "required": list(required)} if required else found


RANGE = record(low=NUMBER, high=NUMBER, name=TEXT)
STYLES = document(
    {
        "/pipes": {"get": operation("pipes", query("p", TEXTS, style="pipeDelimited", explode=False))},
        "/pipes-exploded": {"get": operation("pipes_exploded", query("p", TEXTS, style="pipeDelimited", explode=True))},
        "/spaces": {"get": operation("spaces", query("s", TEXTS, style="spaceDelimited", explode=False))},
        "/space-integers": {
            "get": operation("space_integers", query("s", INTEGERS, style="spaceDelimited", explode=False))
        },
        "/commas": {"get": operation("commas", query("c", INTEGERS, style="form", explode=False))},
        "/repeated": {"get": operation("repeated", query("r", TEXTS))},
        "/brackets": {"get": operation("brackets", query("r[]", TEXTS), query("t[x]", TEXT))},
        "/form-object": {"get": operation("form_object", query("f", RANGE))},
        "/form-object-joined": {"get": operation("form_object_joined", query("f", RANGE, explode=False))},
        "/form-map": {
            "get": operation("form_map", query("f", {"type": "object", "additionalProperties": TEXT}), query("g"))
        },
        "/deep": {"get": operation("deep", query("d", RANGE, style="deepObject", explode=True))},
        "/deep-lists": {"get": operation("deep_lists", query("d", record(ids=INTEGERS, a=TEXT), style="deepObject"))},
        "/json": {
            "get": operation(
                "json_parameter",
                {"name": "j", "in": "query", "content": {"application/json": {"schema": record(a=INTEGERS, b=RANGE)}}},
            )
        },
        "/json-path/{j}": {
            "get": operation(
                "json_in_path",
                {
                    "name": "j",
                    "in": "path",
                    "required": True,
                    "content": {"application/json": {"schema": record("a", a=INTEGER)}},
                },
            )
        },
        "/reserved": {"get": operation("reserved", query("r", TEXT, allowReserved=True))},
        "/booleans": {
            "get": operation("booleans", query("b", BOOLEAN), query("bs", {"type": "array", "items": BOOLEAN}))
        },
        "/numbers": {"get": operation("numbers", query("n", NUMBER), query("i", INTEGER))},
        "/mixed": {"get": operation("mixed", query("m", {"type": ["integer", "string"]}), query("a", {}))},
        "/nullable": {"get": operation("nullable_query", query("n", {"type": ["integer", "null"]}))},
        "/either": {"get": operation("list_or_text", query("e", {"anyOf": [TEXT, TEXTS]}))},
        "/needed": {"get": operation("needed", query("n", TEXT, required=True), query("l", TEXTS, required=True))},
        "/empty-allowed": {"get": operation("empty_allowed", query("e", TEXT, allowEmptyValue=True))},
    }
)

PATHS = document(
    {
        "/files/{name}.{ext}": {"get": operation("file", path("name"), path("ext"))},
        "/files/{name}": {"get": operation("whole_file", path("name"))},
        "/files/latest": {"get": operation("latest_file")},
        "/between/{a}-{b}": {"get": operation("between", path("a", INTEGER), path("b", INTEGER))},
        "/glued/{a}{b}": {"get": operation("glued", path("a", TEXT), path("b", INTEGER))},
        "/users/@{name}/posts": {"get": operation("user_posts", path("name"))},
        "/orders/{id}:cancel": {"post": operation("cancel_order", path("id"))},
        "/orders/{id}": {"get": operation("order", path("id"))},
        "/100%/{x}": {"get": operation("percent", path("x"))},
        "/a b/{x}/c d": {"get": operation("spaces_in_path", path("x"))},
        "/escaped%20one/{x}": {"get": operation("escaped", path("x"))},
        "/caf\u00e9/{x}": {"get": operation("cafe", path("x"))},
        "/plus+and&/{x}/;y": {"get": operation("reserved_in_path", path("x"))},
        "/lists/{ids}": {"get": operation("list_in_path", path("ids", INTEGERS))},
        "/exploded/{ids}": {"get": operation("exploded_list_in_path", path("ids", INTEGERS, explode=True))},
        "/objects/{o}": {"get": operation("object_in_path", path("o", record("low", low=INTEGER, high=INTEGER)))},
        "/labels/{x}": {"get": operation("label", path("x", TEXT, style="label"))},
        "/matrices/{x}": {"get": operation("matrix", path("x", TEXT, style="matrix"))},
        "/numbers/{n}": {"get": operation("number_in_path", path("n", NUMBER))},
        "/flags/{b}": {"get": operation("flag_in_path", path("b", BOOLEAN))},
        "/nullable/{n}": {"get": operation("nullable_in_path", path("n", {"type": ["string", "null"]}))},
        "/items/{id}/parts/{part}": {"get": operation("part", path("id"), path("part"))},
        "/items/{id}/parts/all": {"get": operation("all_parts", path("id"))},
        "/items/special/parts/{part}": {"get": operation("special_part", path("part"))},
        "/nothing/{x}/": {"delete": operation("delete_with_body", path("x"), body=record("why", why=TEXT, when=TEXT))},
        "/tail/{x}/": {"get": operation("with_slash", path("x"))},
        "/tail/{x}": {"get": operation("without_slash", path("x"))},
    }
)

NAMES = document(
    {
        "/non-ascii": {
            "post": operation("non_ascii", query("größe"), query("名"), body=record(straße=TEXT, 番号=INTEGER, é=TEXT))
        },
        "/digits": {
            "post": operation(
                "digits", query("2fa"), query("3d", INTEGER), body={**record(**{"1st": TEXT, "2nd": TEXT})}
            )
        },
        "/clash/{name}": {
            "put": operation("clash", path("name"), query("name"), body=record("name", name=TEXT, other=TEXT))
        },
        "/no-path-clash": {"post": operation("no_path_clash", query("name"), body=record(name=TEXT))},
        "/sanitized": {
            "post": operation(
                "sanitized", query("a-b"), query("a.b"), query("a_b"), body=record(**{"a b": TEXT, "a+b": TEXT})
            )
        },
        "/prefixes/{id}": {
            "post": operation(
                "prefixes",
                path("id"),
                query("id"),
                query("query_id"),
                query("body_id"),
                body=record(id=TEXT, query_id=TEXT, body_id=TEXT),
            )
        },
        "/called-body": {"post": operation("called_body", query("body"), body=record(body=TEXT, x=TEXT))},
        "/whole-body": {"post": operation("whole_body_clash", query("body"), body=TEXTS)},
        "/own-words": {
            "post": operation(
                "own_words",
                query("fields"),
                query("filters"),
                query("page"),
                body=record(page=TEXT, fields=TEXT, filters=TEXT),
            )
        },
        "/symbols": {
            "post": operation(
                "symbols",
                query("$top", INTEGER),
                query("@x"),
                query("*"),
                query("!"),
                body=record(**{"$ref": TEXT, "@id": TEXT, "#": TEXT}),
            )
        },
        "/signs": {
            "get": operation(
                "signs",
                query("a&b"),
                query("c=d"),
                query("e f"),
                query("g+h"),
                query("i#j"),
                query("k%20l"),
                query("%41"),
            )
        },
        "/long": {"get": operation("long_names", query("x" * 80 + "a"), query("x" * 80 + "b"))},
        "/cases": {"get": operation("cases", query("name"), query("Name"), query("NAME"))},
        "/path-clash/{a-b}/{a_b}": {"get": operation("path_clash", path("a-b"), path("a_b"))},
        "/ownpage": {
            "get": operation(
                "own_page",
                query("format"),
                query("page_token"),
                responses={
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": record(a=TEXT, b=TEXT, page=TEXT)}
                            }
                        },
                    }
                },
            )
        },
    }
)

CAT = record("kind", "lives", kind={"type": "string", "enum": ["cat"]}, lives=INTEGER, name=TEXT)
DOG = record("kind", "barks", kind={"type": "string", "enum": ["dog"]}, barks=BOOLEAN, name=TEXT)
BODIES = document(
    {
        "/one-of": {"post": operation("one_of", body={"oneOf": [CAT, DOG]})},
        "/any-of": {"post": operation("any_of", body={"anyOf": [record("a", a=TEXT), record("b", b=INTEGER)]})},
        "/all-of": {"post": operation("all_of", body={"allOf": [record("a", a=TEXT), record("b", b=INTEGER, c=TEXT)]})},
        "/all-and-any": {
            "post": operation(
                "all_and_any",
                body={"allOf": [record("a", a=TEXT), {"anyOf": [record("b", b=TEXT), record("c", c=TEXT)]}]},
            )
        },
        "/same-member": {
            "post": operation("same_member", body={"oneOf": [record("v", v=INTEGER), record("v", v=TEXT)]})
        },
        "/required-only": {
            "post": operation(
                "required_only", body={**record(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
            )
        },
        "/object-or-list": {"post": operation("object_or_list", body={"oneOf": [record("a", a=TEXT), TEXTS]})},
        "/object-or-null": {
            "post": operation("object_or_null", body={"oneOf": [record("a", a=TEXT), {"type": "null"}]})
        },
        "/nullable-object": {
            "post": operation("nullable_object", body={**record("a", a=TEXT), "type": ["object", "null"]})
        },
        "/optional": {
            "post": operation("optional_body", requestBody=json_body(record(a=TEXT, b=INTEGER), required=False))
        },
        "/optional-needing": {
            "post": operation("optional_needing", requestBody=json_body(record("a", a=TEXT), required=False))
        },
        "/optional-list": {"post": operation("optional_list", requestBody=json_body(TEXTS, required=False))},
        "/nullable-list": {"post": operation("nullable_list", body={"type": ["array", "null"], "items": INTEGER})},
        "/list": {
            "post": operation(
                "list_body",
                body={"type": "array", "items": record("id", id=INTEGER, note={"type": ["string", "null"]})},
            )
        },
        "/text": {"post": operation("text_body", body=TEXT)},
        "/integer": {"post": operation("integer_body", body=INTEGER)},
        "/boolean": {"post": operation("boolean_body", body=BOOLEAN)},
        "/any": {"post": operation("any_body", body={})},
        "/map": {"post": operation("map_body", body={"type": "object", "additionalProperties": INTEGER})},
        "/free": {"post": operation("free_body", body={"type": "object"})},
        "/known-and-more": {"post": operation("known_and_more", body={**record(a=TEXT), "additionalProperties": TEXT})},
        "/delete": {"delete": operation("delete_body", body=record("ids", ids=INTEGERS))},
        "/get": {"get": operation("get_body", body=record(a=TEXT))},
        "/read-only": {
            "put": operation(
                "read_only",
                body=record(
                    "id",
                    "a",
                    id={**INTEGER, "readOnly": True},
                    a=TEXT,
                    inner=record("id", "b", id={**INTEGER, "readOnly": True}, b=TEXT),
                ),
            )
        },
        "/closed": {"post": operation("closed", body={**record("a", a=TEXT, b=TEXT), "additionalProperties": False})},
        "/defaults": {
            "post": operation(
                "defaults",
                query("q", {**TEXT, "default": "x"}),
                body=record(a={**INTEGER, "default": 5}, b={**TEXT, "default": None}),
            )
        },
        "/constants": {"post": operation("constants", body=record("k", k={"const": "v"}, n={"enum": [1, 2, None]}))},
        "/write-only": {"post": operation("write_only", body=record("secret", secret={**TEXT, "writeOnly": True}))},
        "/nested-nulls": {
            "post": operation(
                "nested_nulls",
                body=record(
                    o=record(x=INTEGER, y={"type": ["integer", "null"]}),
                    l={"type": "array", "items": record("k", k=TEXT, v=TEXT)},
                ),
            )
        },
        "/merge-patch": {
            "patch": operation(
                "merge_patch", requestBody=json_body(record(a=TEXT), media_type="application/merge-patch+json")
            )
        },
        "/json-api": {
            "post": operation("json_api", requestBody=json_body(record(a=TEXT), media_type="application/vnd.api+json"))
        },
        "/charset": {
            "post": operation(
                "charset", requestBody=json_body(record(a=TEXT), media_type="application/json; charset=utf-8")
            )
        },
        "/wildcard": {"post": operation("wildcard", requestBody=json_body(record(a=TEXT), media_type="*/*"))},
        "/numbers": {
            "post": operation(
                "number_bounds",
                body=record(a={**NUMBER, "exclusiveMinimum": 0, "maximum": 1}, b={**INTEGER, "multipleOf": 5}),
            )
        },
        "/patterns": {
            "post": operation(
                "patterns",
                body=record(
                    p={**TEXT, "pattern": "^[a-z]{2,4}$"},
                    q={**TEXT, "minLength": 1, "maxLength": 3},
                    u={**TEXTS, "uniqueItems": True},
                ),
            )
        },
    }
)

REFERENCES = document(
    {
        "/shared/{id}": {
            "parameters": [path("id"), query("lang"), query("deep", INTEGER)],
            "get": operation("shared_get", query("lang", INTEGER)),
            "post": operation(
                "shared_post",
                {"$ref": "#/components/parameters/Limit"},
                requestBody={"$ref": "#/components/requestBodies/Note"},
                responses={"200": {"$ref": "#/components/responses/Note"}},
            ),
        },
        "/item": {"$ref": "#/components/pathItems/Item"},
        "/tree": {"post": operation("tree", body={"$ref": "#/components/schemas/Tree"})},
        "/elsewhere": {
            "post": operation(
                "elsewhere", body={"$ref": "#/paths/~1tree/post/requestBody/content/application~1json/schema"}
            )
        },
    },
    parameters={
        "Limit": query("limit", {"$ref": "#/components/schemas/Small"}),
        "Id": {"$ref": "#/components/parameters/Limit"},
    },
    requestBodies={"Note": json_body({"$ref": "#/components/schemas/Note"})},
    responses={"Note": ANSWER["200"]},
    pathItems={
        "Item": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": operation("item_get"),
            "put": operation("item_put", body={"$ref": "#/components/schemas/Note"}),
        }
    },
    schemas={
        "Small": {**INTEGER, "minimum": 1, "maximum": 9},
        "Base": record("id", id={**INTEGER, "readOnly": True}, title=TEXT),
        "Note": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                record("text", text=TEXT, size={"$ref": "#/components/schemas/Small"}),
            ]
        },
        "Tree": record(
            "name",
            name=TEXT,
            children={"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            parent={"$ref": "#/components/schemas/Tree"},
        ),
    },
)

OLD = document(
    {
        "/old": {
            "post": operation(
                "old_body",
                query("above", {**NUMBER, "minimum": 1, "exclusiveMinimum": True}),
                query("until", {**INTEGER, "maximum": 9, "exclusiveMaximum": False}),
                query("maybe", {**TEXT, "nullable": True}),
                body=record(
                    "n",
                    n={**INTEGER, "nullable": True},
                    e={"type": "string", "nullable": True, "enum": ["a", "b", None]},
                    r={"allOf": [{"$ref": "#/components/schemas/Inner"}], "nullable": True},
                    i={"$ref": "#/components/schemas/Inner"},
                    b={**INTEGER, "minimum": 0, "exclusiveMinimum": True},
                    l={"type": "array", "items": {**INTEGER, "nullable": True}},
                    nullable=BOOLEAN,
                ),
            )
        },
        "/old-root": {"post": operation("old_nullable_root", body={**record(a=TEXT), "nullable": True})},
    },
    openapi="3.0.3",
    schemas={"Inner": record("x", x=INTEGER, y={**TEXT, "nullable": True})},
)

MANY = document(
    {
        "/twelve": {"get": operation("twelve", *(query(f"p{number}") for number in range(12)), query("page", INTEGER))},
        "/thirteen": {
            "get": operation(
                "thirteen",
                query("needed", TEXT, required=True),
                *(query(f"p{number}") for number in range(6)),
                query("count", INTEGER),
                query("share", NUMBER),
                query("flag", BOOLEAN),
                query("kind", {"type": "string", "enum": ["a", "b c", "d=e", "f&g"]}),
                query("x[y]"),
                query("größe"),
                query("a b"),
                query("day", {"type": "string", "format": "date"}),
                query("page", INTEGER),
                query("page_size", INTEGER),
            )
        },
        "/thirteen-lists": {
            "get": operation(
                "thirteen_lists",
                *(query(f"p{number}") for number in range(12)),
                query("tags", TEXTS),
                query("ids", INTEGERS, explode=False),
                query("range", RANGE, style="deepObject"),
                query("f", RANGE),
                query("n", {"type": ["integer", "null"]}),
            )
        },
        "/thirteen-body/{p0}": {
            "post": operation(
                "thirteen_body",
                path("p0"),
                *(query(f"p{number}") for number in range(13)),
                body=record(p1=TEXT, filters=TEXT),
            )
        },
    }
)

DOCUMENTS = {
    "styles": STYLES,
    "paths": PATHS,
    "names": NAMES,
    "bodies": BODIES,
    "references": REFERENCES,
    "old": OLD,
    "many": MANY,
}
