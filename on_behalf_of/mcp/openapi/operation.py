"""Read from an OpenAPI document what a tool needs to know about one operation."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.mcp.openapi.left_out import LeftOut
from on_behalf_of.mcp.openapi.references import closure, merged, resolved, types_of
from on_behalf_of.primitives.scope_syntax import is_scope

METHODS = ("get", "post", "put", "patch", "delete")
TEMPLATE = re.compile(r"\{([^{}]+)\}")
BESIDE = "x-paths-beside"  # what a lock file says of the API's other paths
JSON = "application/json"
FORMAT = "format"  # a query parameter that chooses the answer's content type (Django REST framework)
# Headers that only a browser's session needs, and those that OpenAPI says to ignore (§4.8.12.1).
_IGNORED = re.compile("csrf|xsrf|accept|content-type|authorization")
_SERIALIZED = {"form", "spaceDelimited", "pipeDelimited", "deepObject"}  # styles of query parameters


@dataclass(frozen=True)
class Parameter:
    """A parameter in the path or the query."""

    name: str  # on the wire
    place: str  # "path" or "query"
    schema: Mapping[str, Any]
    is_required: bool
    description: str = ""
    style: str = "form"
    explode: bool = True
    is_json: bool = False  # its value is sent as JSON text


@dataclass(frozen=True)
class Operation:
    """One operation. `document` holds the component schemas that its own schemas refer to."""

    id: str
    method: str  # GET
    path: str  # /api/notes/{id}/
    document: Mapping[str, Any] = field(repr=False)
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] | None = None  # the schema of a JSON body
    body_is_required: bool = False
    answer: Mapping[str, Any] | None = None  # the schema of the JSON answer; None: the answer has no content
    media_types: Mapping[str, str] = field(default_factory=dict)  # headers, where they are not plain JSON's
    scopes: tuple[str, ...] = ()  # that the API asks for
    summary: str = ""
    description: str = ""
    is_deprecated: bool = False
    extension: Mapping[str, Any] = field(default_factory=dict)  # x-mcp
    beside: tuple[str, ...] = ()  # see `paths_beside`


def raw_operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Yield id, method, path and content of each operation, in the document's order.

    An operation without an id gets its method and path as one. Raises LeftOut if the document is not OpenAPI 3.
    """
    paths = document.get("paths")
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(paths, Mapping):
        raise LeftOut("the document is not OpenAPI 3")
    for path, item in paths.items():
        whole = resolved(document, item)
        for method in METHODS:
            if isinstance(whole, Mapping) and isinstance(content := whole.get(method), Mapping):
                shared = {"parameters": _all_parameters(document, whole, content)}
                name = content.get("operationId") or f"{method.upper()} {path}"
                yield name, method.upper(), path, {**content, **shared}


def read_operation(document: Mapping[str, Any], name: str, method: str, path: str, raw: Mapping[str, Any]) -> Operation:
    """Return what the document says about an operation. Raises LeftOut."""
    extension = raw.get("x-mcp", {})
    if extension is False:
        raise LeftOut("the API says x-mcp: false")
    if f"{{{FORMAT}}}" in path:
        raise LeftOut("its address chooses the content type")
    if any(len(TEMPLATE.findall(segment)) > 1 for segment in path.split("/")):
        raise LeftOut("a segment of its address holds several values, which may be read differently")
    parameters = tuple(_parameters(document, path, raw["parameters"]))
    if missing := set(TEMPLATE.findall(path)) - {each.name for each in parameters if each.place == "path"}:
        raise LeftOut(f"no parameter describes {min(missing)} in its address")
    if not (scopes := scopes_of(document, raw)):
        raise LeftOut("it names no scope, so nothing says who may call it")
    body_type, body, body_is_required = _body(document, raw.get("requestBody"))
    answer_type, answer = _answer(document, raw.get("responses"))
    media_types = {"Accept": answer_type, "Content-Type": body_type}
    closure(document, [body, answer, *(each.schema for each in parameters)])  # raises for references that lead astray
    return Operation(
        id=name,
        method=method,
        path=path,
        document=document,
        parameters=parameters,
        body=body,
        body_is_required=body_is_required,
        answer=answer,
        media_types={header: each for header, each in media_types.items() if each != JSON},
        scopes=scopes,
        summary=str(raw.get("summary") or ""),
        description=str(raw.get("description") or ""),
        is_deprecated=raw.get("deprecated") is True,
        extension=extension if isinstance(extension, Mapping) else {},
        beside=tuple(raw.get(BESIDE) or paths_beside(document, path)),
    )


def scopes_of(document: Mapping[str, Any], raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the scopes of the first security alternative that names any, in order; () if none does.

    Sessions, cookies and keys name none; a tool could not use them anyway, because it has an access token only.
    """
    security = raw["security"] if "security" in raw else document.get("security")
    for alternative in security if isinstance(security, list) else ():
        named = [scope for scopes in alternative.values() for scope in scopes] if isinstance(alternative, dict) else []
        if named and all(isinstance(scope, str) and is_scope(scope) for scope in named):
            return tuple(dict.fromkeys(named))
    return ()


def paths_beside(document: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """Return the API's other paths that values of this path's parameters could name.

    With /notes/{id}/ and /notes/export/ in one API, `id` must not be "export".
    """
    return tuple(sorted(other for other in document.get("paths", {}) if other != path and _may_meet(path, other)))


def _may_meet(path: str, other: str) -> bool:
    mine, theirs = (each.strip("/").split("/") for each in (path, other))
    return len(mine) == len(theirs) and all(
        own == each or "{" in own or "{" in each for own, each in zip(mine, theirs, strict=True)
    )


def _all_parameters(document: Mapping[str, Any], item: Mapping[str, Any], raw: Mapping[str, Any]) -> list[Any]:
    """Return the operation's parameters and those of its path, of which the operation may replace some."""
    found: dict[tuple[Any, Any], Any] = {}
    for each in [*(item.get("parameters") or ()), *(raw.get("parameters") or ())]:
        whole = resolved(document, each)
        if isinstance(whole, Mapping):
            found[whole.get("in"), whole.get("name")] = whole
    return list(found.values())


def _parameters(document: Mapping[str, Any], path: str, raw: list[Any]) -> Iterator[Parameter]:
    for each in raw:
        name, place, is_required = str(each.get("name", "")), each.get("in"), bool(each.get("required"))
        if place in {"header", "cookie"} or (place == "query" and name == FORMAT):
            if is_required and not _IGNORED.search(name.lower()):
                what = "parameter" if place == "query" else place
                raise LeftOut(f"it requires the {what} {name}, which an argument must not choose")
            continue
        if place == "path" and f"{{{name}}}" not in path:
            continue  # descriptions that are made from code often list one too many
        content = each.get("content")
        if isinstance(content, Mapping) and content:
            schema = next(iter(content.values())).get("schema", {})
        else:
            schema = each.get("schema", {})
        style = str(each.get("style") or ("simple" if place == "path" else "form"))
        if place == "path" and style != "simple":
            raise LeftOut(f"the parameter {name} has the style {style}")
        if place == "query" and style not in _SERIALIZED:
            raise LeftOut(f"the parameter {name} has the unknown style {style}")
        if place == "path" and not _is_plain(document, schema):
            raise LeftOut(f"the parameter {name} in its address is not one text or number")
        yield Parameter(
            name=name,
            place=str(place),
            schema=schema if isinstance(schema, Mapping) else {},
            is_required=is_required or place == "path",
            description=str(each.get("description") or ""),
            style=style,
            explode=bool(each.get("explode", style == "form")),
            is_json=bool(content),
        )


def _is_plain(document: Mapping[str, Any], schema: Any) -> bool:
    """Return whether the values of a schema are texts, numbers and the like."""
    whole = merged(document, schema)
    parts = [whole, *(merged(document, each) for each in whole.get("oneOf") or whole.get("anyOf") or ())]
    kinds = {kind for each in parts for kind in types_of(each)}
    return bool(kinds) and not {"array", "object"}.intersection(kinds)


def _is_json(media_type: str) -> bool:
    bare = media_type.partition(";")[0].strip().lower()
    return bare in {JSON, "*/*"} or bare.endswith("+json")


def json_of(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return media type and schema of the JSON among the media types; None if there is no JSON."""
    for media_type in sorted(content, key=lambda each: each != JSON):
        if _is_json(media_type):
            schema = (content[media_type] or {}).get("schema", {})
            return JSON if media_type == "*/*" else media_type, schema if isinstance(schema, Mapping) else {}
    return None


def _body(document: Mapping[str, Any], raw: Any) -> tuple[str, Mapping[str, Any] | None, bool]:
    """Return the media type of a body, its schema, and whether it is required; no schema if there is no body."""
    whole = resolved(document, raw)
    if not isinstance(whole, Mapping) or not (content := whole.get("content")):
        return JSON, None, False
    if (found := json_of(content)) is None:
        if any(each.startswith("multipart/") or each == "application/octet-stream" for each in content):
            raise LeftOut("it takes a file, which a model cannot send")
        raise LeftOut(f"its body is {min(content)}, and not JSON")
    media_type, schema = found
    if file := _required_file(document, schema):
        raise LeftOut(f"it takes a file ({file}), which a model cannot send")
    return media_type, schema, bool(whole.get("required"))


def is_file(schema: Mapping[str, Any]) -> bool:
    return schema.get("format") == "binary" or "contentMediaType" in schema


def _required_file(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    whole = merged(document, schema)
    properties = whole.get("properties", {})
    for name in whole.get("required") or ():
        if is_file(merged(document, properties.get(name, {}))) and not properties[name].get("readOnly"):
            return str(name)
    return "the body" if is_file(whole) else ""


def json_answer(document: Mapping[str, Any], responses: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Return status and content of the first success that has content, by media type; None if there is none."""
    found = {str(status): each for status, each in responses.items()} if isinstance(responses, Mapping) else {}
    for status in sorted(each for each in found if each.startswith("2")):
        whole = resolved(document, found[status])
        if isinstance(whole, Mapping) and (content := whole.get("content")):
            return status, content
    return None


def _answer(document: Mapping[str, Any], responses: Any) -> tuple[str, Mapping[str, Any] | None]:
    """Return the media type of the answer and its schema; no schema if the answer has no content."""
    if (answered := json_answer(document, responses)) is None:
        return JSON, None
    found = json_of(answered[1])
    if found is None or is_file(merged(document, found[1])):
        raise LeftOut("it answers with a file or another content that is not JSON")
    return found
