"""Judge a tool as the model APIs of Anthropic, OpenAI and Gemini do.

Each vendor's function takes a tool as `tools/list` gives it, and returns one sentence for each broken rule, with the
place first: `inputSchema.properties.x: …`. These APIs refuse a whole request because of one tool, so every rule counts.

The rules come from the vendors' references and from errors that users reported. Where these disagree, the stricter one
counts, and a comment says so. The code that makes tools shares nothing with this module, which is a second opinion.
Not checked: the number of tools, their size in tokens, and the vendors' strict modes.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator

Tool = Mapping[str, Any]

# Our own rule: clients put the server's name before the tool's, and then cut at 64 characters or fail.
OUR_NAME = re.compile(r"[a-z0-9_]{1,45}")

ANTHROPIC_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
ANTHROPIC_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# JSON Schema ignores unknown keywords, but users blame these for "must match JSON Schema draft 2020-12".
OPENAPI_ONLY = frozenset({"nullable", "example", "discriminator", "xml", "externalDocs"})

OPENAI_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
OPENAI_DESCRIPTION = 1024  # characters; not in the reference, but in the error that users report
OPENAI_NOT_AT_ROOT = ("oneOf", "anyOf", "allOf", "enum", "const", "not")
# OpenAI documents these limits for strict mode only, which refuses optional arguments and so our tools. They stand here
# as a bound of good sense, with OpenAI's present figures. Azure still lists stricter ones (100 properties, 5 levels).
OPENAI_PROPERTIES = 5_000
OPENAI_LEVELS = 10
OPENAI_ENUM_VALUES = 1_000
OPENAI_LARGE_ENUM = 250  # values; an enum with more of them may have 15,000 characters
OPENAI_LARGE_ENUM_CHARACTERS = 15_000
OPENAI_CHARACTERS = 120_000  # of all names, enum values and constants together

# Google's older references say 63, the newer 64. They also allow dots and colons, which other vendors refuse.
GEMINI_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,62}")
GEMINI_PROPERTY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
# The fields of Google's message Schema. Any other one is an "Unknown name". Reports of 2024 count `title` and `default`
# among those, but both have been added since.
GEMINI_KEYWORDS = frozenset({
    *("type", "format", "title", "description", "nullable", "enum", "default", "example", "anyOf"),
    *("items", "minItems", "maxItems", "properties", "required", "minProperties", "maxProperties", "propertyOrdering"),
    *("minimum", "maximum", "minLength", "maxLength", "pattern"),
})  # fmt: skip
# The Gemini API refuses other formats. Vertex AI and newer references take any, but a tool must please both.
GEMINI_FORMATS = {
    "string": ("enum", "date-time"),
    "integer": ("int32", "int64"),
    "number": ("float", "double"),
}
GEMINI_TYPES = ("string", "integer", "number", "boolean", "array", "object")
# Google gives no figure for "exceeds the maximum allowed nesting depth". Users found four or five, and disagree whether
# arrays count.
GEMINI_LEVELS = 4
GEMINI_MAX_ITEMS = 950  # all `maxItems` together; users found that requests fail from 960 on

# What stands in a schema and holds further ones: by name, in a list, or alone.
NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLE = frozenset({
    *("items", "contains", "unevaluatedItems", "additionalProperties", "unevaluatedProperties", "propertyNames"),
    *("not", "if", "then", "else", "contentSchema"),
})  # fmt: skip

LOOKAROUND = re.compile(r"\(\?<?[=!]")
PATTERN_TOKENS = re.compile(r"\\.?|\(\?(?::|<?[=!]|<[A-Za-z_$])?|.", re.DOTALL)
# JSON Schema 2020-12 compiles patterns with ECMA-262's flag u, which refuses needless escapes.
ESCAPED = frozenset(r"dDwWsSbBfnrtvcxukpP0123456789^$\.*+?()[]{}|/")


def problems(tool: Tool) -> list[str]:
    """Return the rules of any vendor that `tool` breaks, each once."""
    return list(dict.fromkeys(chain(anthropic(tool), openai(tool), gemini(tool))))


def anthropic(tool: Tool) -> list[str]:
    """Return the rules of Anthropic's Messages API that `tool` breaks, and the common ones."""
    return [*_common(tool), *_anthropic_name(tool), *_anthropic_schema(_input(tool))]


def openai(tool: Tool) -> list[str]:
    """Return the rules of OpenAI's function tools, without strict mode, that `tool` breaks, and the common ones."""
    return [*_common(tool), *_openai_texts(tool), *_openai_schema(_input(tool)), *_openai_limits(_input(tool))]


def gemini(tool: Tool) -> list[str]:
    """Return the rules of Gemini's function declarations that `tool` breaks, and the common ones.

    They are those of the field `parameters`. The newer `parametersJsonSchema` takes more, but many clients lack it.
    """
    return [*_common(tool), *_gemini_name(tool), *_gemini_schema(_input(tool)), *_gemini_limits(_input(tool))]


@dataclass(frozen=True)
class Node:
    """A schema, and where it stands."""

    where: str
    keyword: str  # the one that holds it; empty for the outermost schema
    schema: Any  # not only dictionaries: True is a schema too, and a faulty tool may have anything here


def _children(node: Node) -> Iterator[Node]:
    """Yield the schemas directly inside that of `node`."""
    if not isinstance(node.schema, dict):
        return
    for keyword, value in node.schema.items():
        where = f"{node.where}.{keyword}"
        if keyword in NAMED and isinstance(value, dict):
            yield from (Node(f"{where}.{name}", keyword, schema) for name, schema in value.items())
        elif keyword in LISTED and isinstance(value, list):
            yield from (Node(f"{where}[{index}]", keyword, schema) for index, schema in enumerate(value))
        elif keyword in SINGLE:
            yield Node(where, keyword, value)


def _all(node: Node) -> Iterator[Node]:
    """Yield `node` and everything inside it."""
    yield node
    for child in _children(node):
        yield from _all(child)


def _dictionaries(node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place and the schema of `node` and of everything inside it, except schemas that are True or False."""
    return ((each.where, each.schema) for each in _all(node) if isinstance(each.schema, dict))


def _levels(node: Node) -> int:
    """Count the objects and arrays on the longest way into the schema, the outermost included."""
    schema = node.schema if isinstance(node.schema, dict) else {}
    own = "object" in _types(schema) or "array" in _types(schema) or "properties" in schema or "items" in schema
    return own + max(map(_levels, _children(node)), default=0)


def _input(tool: Tool) -> Node:
    schema = tool.get("inputSchema")
    return Node("inputSchema", "", schema if isinstance(schema, dict) else {})


def _types(schema: Mapping[str, Any]) -> list[Any]:
    types = schema.get("type")
    return types if isinstance(types, list) else [types]


def _named(schema: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    named = schema.get(keyword)
    return named if isinstance(named, dict) else {}


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    return _named(schema, "properties")


def _values(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    values = schema.get(keyword)
    return values if isinstance(values, list) else []


# Common to all


def _common(tool: Tool) -> Iterator[str]:
    """Yield what breaks MCP's rules or ours, whichever the model."""
    name, description = tool.get("name"), tool.get("description")
    if not isinstance(name, str) or not OUR_NAME.fullmatch(name):
        yield "name: It must have 1 to 45 characters of a-z, 0-9 and _."
    if not isinstance(description, str) or not description.strip():
        yield "description: The tool needs one."
    schema = tool.get("inputSchema")
    if not isinstance(schema, dict):
        yield "inputSchema: The tool needs a schema of its arguments."
    elif schema.get("type") != "object":
        yield 'inputSchema: Its type must be "object".'
    yield from _references(_input(tool))
    if tool.get("outputSchema") is not None:
        yield from _output(Node("outputSchema", "", tool["outputSchema"]))


def _output(node: Node) -> Iterator[str]:
    """Yield what clients refuse about the schema of answers; models never see it."""
    if not isinstance(node.schema, dict):
        yield "outputSchema: It must be a schema."
    elif "$ref" in node.schema:
        yield "outputSchema: Clients refuse a $ref at the root."
    elif node.schema.get("type") != "object":
        # MCP allows any type since 2026, but clients built with older SDKs refuse the whole list of tools.
        yield 'outputSchema: Its type must be "object".'
    yield from _invalid(node)
    yield from _references(node)


def _references(root: Node) -> Iterator[str]:
    """Yield the references that lead nowhere, or out of the schema, where MCP forbids clients to follow."""
    for where, schema in _dictionaries(root):
        if "$ref" in schema and not _leads_somewhere(schema["$ref"], root.schema):
            yield f"{where}: Its $ref must point into the same schema."


def _leads_somewhere(reference: object, schema: Any) -> bool:
    if not isinstance(reference, str) or not re.fullmatch(r"#(?:/.*)?", reference):
        return False
    for step in reference.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(schema, list) and name.isdecimal() and int(name) < len(schema):
            schema = schema[int(name)]
        elif isinstance(schema, dict) and name in schema:
            schema = schema[name]
        else:
            return False
    return True


def _invalid(node: Node) -> Iterator[str]:
    """Yield what is not JSON Schema 2020-12."""
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(node.schema):
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        yield f"{node.where}{''.join(steps)}: It is not valid JSON Schema 2020-12 ({error.message[:200]})."


# Anthropic


def _anthropic_name(tool: Tool) -> Iterator[str]:
    if not ANTHROPIC_NAME.fullmatch(str(tool.get("name"))):
        yield "name: Anthropic takes 1 to 128 characters of A-Z, a-z, 0-9, _ and -."


def _anthropic_schema(root: Node) -> Iterator[str]:
    yield from _invalid(root)
    for keyword in ("oneOf", "anyOf", "allOf"):
        if keyword in root.schema:
            yield f"inputSchema: Anthropic refuses {keyword} at the root."
    for where, schema in _dictionaries(root):
        if schema.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
            yield f"{where}: Anthropic takes no other $schema than {DIALECT}."
        if foreign := sorted(OPENAPI_ONLY & schema.keys()):
            yield f"{where}: Anthropic refuses keywords of OpenAPI: {', '.join(foreign)}."
        if isinstance(schema.get("type"), list):
            # Valid, and recommended by some, but one report says that the API refused 71 tools because of it.
            yield f"{where}: Anthropic may refuse a list of types; use anyOf."
        # Reports name the outermost properties only. We hold nested ones to the same.
        for name in _properties(schema):
            if not ANTHROPIC_PROPERTY.fullmatch(name):
                yield f"{where}.properties.{name}: Anthropic takes 1 to 64 characters of A-Z, a-z, 0-9, _, . and -."
        if isinstance(schema.get("pattern"), str) and (fault := _not_ecma(schema["pattern"])):
            yield f"{where}.pattern: {fault} is no regular expression of ECMA-262, which Anthropic demands."


def _not_ecma(pattern: str) -> str:
    """Return the first part of `pattern` that is Python's syntax, or a needless escape. Not a full parser."""
    in_class = False
    for token in PATTERN_TOKENS.findall(pattern):
        if token.startswith("\\"):
            if token[1:] not in ESCAPED and not (in_class and token == r"\-"):
                return str(token)
        elif in_class:
            in_class = token != "]"
        elif token == "(?":  # without what ECMA-262 has after it: an inline flag, (?P<…>, a comment
            return str(token)
        else:
            in_class = token == "["
    return ""


# OpenAI


def _openai_texts(tool: Tool) -> Iterator[str]:
    if not OPENAI_NAME.fullmatch(str(tool.get("name"))):
        yield "name: OpenAI takes 1 to 64 characters of A-Z, a-z, 0-9, _ and -."
    if len(str(tool.get("description"))) > OPENAI_DESCRIPTION:
        yield f"description: OpenAI takes at most {OPENAI_DESCRIPTION} characters."


def _openai_schema(root: Node) -> Iterator[str]:
    if not isinstance(root.schema.get("properties"), dict):
        yield "inputSchema: OpenAI needs properties, even if they are empty."
    for keyword in OPENAI_NOT_AT_ROOT:
        if keyword in root.schema:
            yield f"inputSchema: OpenAI refuses {keyword} at the root."
    for where, schema in _dictionaries(root):
        if "array" in _types(schema) and not isinstance(schema.get("items"), dict):
            yield f"{where}: OpenAI refuses an array without items."
        if "allOf" in schema and where != root.where:
            # Documented for strict mode. Reported for clients that pass tools on as they are.
            yield f"{where}: OpenAI refuses allOf."
        if isinstance(schema.get("pattern"), str) and (fault := _not_openai(schema["pattern"])):
            yield f"{where}.pattern: {fault}"


def _not_openai(pattern: str) -> str:
    """Return what OpenAI dislikes about `pattern`, which it checks with Python's syntax: \\p{…} "is not a 'regex'"."""
    # (?= may also be literal text, as in [(?=]. That is too rare to read the pattern more exactly.
    if LOOKAROUND.search(pattern):
        return "OpenAI refuses lookahead and lookbehind."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sets that may change their meaning
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "OpenAI does not read this regular expression."
    return ""


def _openai_limits(root: Node) -> Iterator[str]:
    schemas = [schema for _, schema in _dictionaries(root)]
    names = [name for schema in schemas for keyword in sorted(NAMED) for name in _named(schema, keyword)]
    if sum(len(_properties(schema)) for schema in schemas) > OPENAI_PROPERTIES:
        yield f"inputSchema: OpenAI takes at most {OPENAI_PROPERTIES} properties."
    if _levels(root) > OPENAI_LEVELS:
        yield f"inputSchema: OpenAI takes at most {OPENAI_LEVELS} levels."
    enums = [(where, _values(schema, "enum")) for where, schema in _dictionaries(root)]
    if sum(len(values) for _, values in enums) > OPENAI_ENUM_VALUES:
        yield f"inputSchema: OpenAI takes at most {OPENAI_ENUM_VALUES} enum values."
    for where, values in enums:
        if len(values) > OPENAI_LARGE_ENUM and _characters(values) > OPENAI_LARGE_ENUM_CHARACTERS:
            yield f"{where}.enum: OpenAI takes at most {OPENAI_LARGE_ENUM_CHARACTERS} characters in a large enum."
    constants = [schema["const"] for schema in schemas if "const" in schema]
    if _characters([*names, *constants, *chain(*(values for _, values in enums))]) > OPENAI_CHARACTERS:
        yield f"inputSchema: OpenAI takes at most {OPENAI_CHARACTERS} characters of names, enum values and constants."


def _characters(values: list[Any]) -> int:
    return sum(len(str(value)) for value in values)


# Gemini


def _gemini_name(tool: Tool) -> Iterator[str]:
    if not GEMINI_NAME.fullmatch(str(tool.get("name"))):
        yield "name: Gemini takes 1 to 63 characters of A-Z, a-z, 0-9, _ and -, beginning with a letter or _."


def _gemini_schema(root: Node) -> Iterator[str]:
    for node in _all(root):
        if node.keyword not in {"", "properties", "items", "anyOf"}:
            continue  # the keyword that holds it is refused as a whole
        if not isinstance(node.schema, dict):
            yield f"{node.where}: Gemini needs a schema with a type here."
            continue
        yield from _gemini_keywords(node)
        if "anyOf" in node.schema:
            yield from _gemini_any_of(node)
        else:
            yield from _gemini_type(node)
            yield from _gemini_object(node)
            yield from _gemini_array(node)
            yield from _gemini_enum(node)
            yield from _gemini_format(node)


def _gemini_keywords(node: Node) -> Iterator[str]:
    unknown = node.schema.keys() - GEMINI_KEYWORDS
    if not node.keyword and node.schema.get("additionalProperties") is False:
        # Accepted: nearly every MCP server sends it, so clients remove it at the root. Deeper, some forget it.
        unknown -= {"additionalProperties"}
    for keyword in sorted(unknown):
        yield f"{node.where}: Gemini does not know {keyword}."


def _gemini_any_of(node: Node) -> Iterator[str]:
    """Yield what Vertex AI says about unions; the Gemini API itself allows a description beside them."""
    if beside := sorted(node.schema.keys() & GEMINI_KEYWORDS - {"anyOf"}):
        yield f"{node.where}: Gemini allows nothing beside anyOf, so move {', '.join(beside)} into its schemas."
    branches = _values(node.schema, "anyOf")
    if not any(isinstance(branch, dict) and branch.get("type") != "null" for branch in branches):
        yield f"{node.where}.anyOf: Gemini needs a schema other than null."


def _gemini_type(node: Node) -> Iterator[str]:
    kind = node.schema.get("type")
    if isinstance(kind, list):
        yield f"{node.where}: Gemini takes one type, not a list; use anyOf."
    elif kind == "null" and node.keyword != "anyOf":
        yield f"{node.where}: Gemini takes null only as an alternative in anyOf."
    elif kind != "null" and kind not in GEMINI_TYPES:
        yield f"{node.where}: Gemini needs a type: {', '.join(GEMINI_TYPES)}."


def _gemini_object(node: Node) -> Iterator[str]:
    schema, properties = node.schema, _properties(node.schema)
    if schema.get("type") != "object":
        for keyword in sorted(schema.keys() & {"properties", "required"}):
            yield f"{node.where}: Gemini allows {keyword} only for objects."
    elif not properties and node.keyword:
        # A tool without arguments has no other form in MCP, and clients then leave `parameters` out.
        yield f"{node.where}: Gemini refuses an object without properties."
    for name in properties:
        if not GEMINI_PROPERTY.fullmatch(name):
            # Vertex AI documents it for parameters. We hold nested properties to the same.
            where = f"{node.where}.properties.{name}"
            yield f"{where}: Gemini takes 1 to 64 characters of A-Z, a-z, 0-9 and _, beginning with a letter or _."
    # One report says that Gemini stays silent if a nested object has `required`. Many others use it, so it is allowed.
    for name in _values(schema, "required"):
        if name not in list(properties):  # a list, because a faulty schema may name what has no hash
            yield f"{node.where}.required: Gemini finds no property {name}."


def _gemini_array(node: Node) -> Iterator[str]:
    if node.schema.get("type") != "array":
        if "items" in node.schema:
            yield f"{node.where}: Gemini allows items only for arrays."
    elif "items" not in node.schema:
        yield f"{node.where}: Gemini refuses an array without items."


def _gemini_enum(node: Node) -> Iterator[str]:
    if "enum" not in node.schema:
        return
    if node.schema.get("type") != "string":
        # Vertex AI documents enums of integers, written as strings. The Gemini API refuses them.
        yield f"{node.where}.enum: Gemini allows it only for strings."
    values = _values(node.schema, "enum")
    if not values or not all(isinstance(value, str) and value for value in values):
        yield f"{node.where}.enum: Gemini takes strings only, and no empty one."


def _gemini_format(node: Node) -> Iterator[str]:
    if "format" not in node.schema:
        return
    kind, format_ = node.schema.get("type"), node.schema["format"]
    allowed = GEMINI_FORMATS.get(kind, ()) if isinstance(kind, str) else ()
    if format_ not in allowed:
        yield f"{node.where}.format: Gemini takes {' and '.join(allowed) or 'none'} for the type {kind}."
    if format_ == "enum" and "enum" not in node.schema:
        yield f"{node.where}.format: Gemini expects an enum with it."


def _gemini_limits(root: Node) -> Iterator[str]:
    if _levels(root) > GEMINI_LEVELS:
        yield f"inputSchema: Gemini takes at most {GEMINI_LEVELS} levels of objects and arrays."
    sizes = [schema.get("maxItems") for _, schema in _dictionaries(root)]
    if sum(size for size in sizes if isinstance(size, int)) > GEMINI_MAX_ITEMS:
        yield f"inputSchema: Gemini takes at most {GEMINI_MAX_ITEMS} as the sum of all maxItems."
