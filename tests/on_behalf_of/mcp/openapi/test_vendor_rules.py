"""Each rule of the model APIs finds the tool that breaks it, and leaves alone what only looks similar."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.on_behalf_of.mcp.openapi.vendor_rules import anthropic, gemini, openai, problems

Judge = Callable[[dict[str, Any]], list[str]]

TEXT = {"type": "string"}
LIST = {"type": "array", "items": TEXT}
GOOD: dict[str, Any] = {
    "name": "flaws_search",
    "title": "Search flaws",
    "description": "Search the flaws that you may see.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "state": {"type": "string", "enum": ["NEW", "DONE"], "description": "How far it is.", "default": "NEW"},
            "page": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 100},
            "score": {"type": "number", "format": "double"},
            "embargoed": {"type": "boolean"},
            "since": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "cve": {"type": "string", "pattern": r"^CVE-\d{4}-\d{4,7}$", "minLength": 13, "maxLength": 16},
            "labels": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 20},
            "owner": {"type": "object", "properties": {"mail": TEXT}, "required": ["mail"], "title": "Owner"},
        },
        "required": ["state"],
        "additionalProperties": False,
    },
    "outputSchema": {
        "type": "object",
        "properties": {"results": {"type": "array", "items": {"$ref": "#/$defs/Flaw"}}},
        "$defs": {"Flaw": {"type": "object", "properties": {"parent": {"$ref": "#/$defs/Flaw"}}}},
    },
    "annotations": {"readOnlyHint": True},
}


def tool(**changes: Any) -> dict[str, Any]:
    """Return the good tool with other fields."""
    return {**deepcopy(GOOD), **changes}


def root(**changes: Any) -> dict[str, Any]:
    """Return the good tool with other keywords at the root of its arguments."""
    return tool(inputSchema={**GOOD["inputSchema"], **changes})


def one(x: Any) -> dict[str, Any]:
    """Return a tool with one argument `x`."""
    return tool(inputSchema={"type": "object", "properties": {"x": x}})


def several(count: int, schema: Any) -> dict[str, Any]:
    """Return a tool with arguments of one kind."""
    return tool(inputSchema={"type": "object", "properties": {f"x{number}": schema for number in range(count)}})


def objects(levels: int) -> dict[str, Any]:
    """Return a tool whose arguments are objects in objects."""
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = {"type": "object", "properties": {"x": schema}}
    return tool(inputSchema=schema)


def arrays(levels: int) -> dict[str, Any]:
    """Return a tool with an argument of arrays in arrays; the object around them is a level too."""
    schema: dict[str, Any] = TEXT
    for _ in range(levels - 1):
        schema = {"type": "array", "items": schema}
    return one(schema)


X = "inputSchema.properties.x"
NULL = {"type": "null"}
OPENAI_REFUSES: dict[str, Any] = {"oneOf": [{}], "anyOf": [{}], "allOf": [{}], "enum": [{}], "const": {}, "not": {}}

# The rule, the judge that must name it, a tool that breaks it, the place, and some words.
BREACHES: dict[str, tuple[Judge, dict[str, Any], str, str]] = {
    # Common to all
    "a capital in the name": (anthropic, tool(name="flawsSearch"), "name", "a-z, 0-9 and _"),
    "a dash in the name": (openai, tool(name="flaws-search"), "name", "a-z, 0-9 and _"),
    "a name of 46 characters": (gemini, tool(name="x" * 46), "name", "1 to 45"),
    "an empty name": (anthropic, tool(name=""), "name", "1 to 45"),
    "a name that ends the line": (anthropic, tool(name="flaws\n"), "name", "1 to 45"),
    "no name": (anthropic, tool(name=5), "name", "1 to 45"),
    "no description": (openai, tool(description=None), "description", "needs one"),
    "a blank description": (gemini, tool(description=" \n"), "description", "needs one"),
    "no schema": (anthropic, tool(inputSchema=None), "inputSchema", "needs a schema"),
    "arguments in an array": (gemini, root(type="array"), "inputSchema", 'must be "object"'),
    "arguments of no type": (openai, root(type=None), "inputSchema", 'must be "object"'),
    "a reference to another host": (anthropic, one({"$ref": "https://example.com/x"}), X, "same schema"),
    "a reference to a name": (anthropic, one({"$ref": "x"}), X, "same schema"),
    "a reference past the end of a list": (
        anthropic,
        one({"anyOf": [TEXT, {"$ref": "#/properties/x/anyOf/2"}]}),
        f"{X}.anyOf[1]",
        "same schema",
    ),
    "a reference to nothing": (anthropic, one({"$ref": "#/$defs/X"}), X, "same schema"),
    "an answer whose root is a reference": (
        anthropic,
        tool(outputSchema={"$ref": "#/$defs/X", "$defs": {"X": {"type": "object"}}}),
        "outputSchema",
        "$ref at the root",
    ),
    "an answer in an array": (openai, tool(outputSchema={"type": "array"}), "outputSchema", 'must be "object"'),
    "an answer without a schema": (gemini, tool(outputSchema=True), "outputSchema", "must be a schema"),
    "an answer with a broken reference": (
        gemini,
        tool(outputSchema={"type": "object", "properties": {"x": {"items": {"$ref": "#/$defs/X"}}}}),
        "outputSchema.properties.x.items",
        "same schema",
    ),
    "an answer with an invalid schema": (
        openai,
        tool(outputSchema={"type": "object", "properties": {"x": {"minimum": "1"}}}),
        "outputSchema.properties.x.minimum",
        "2020-12",
    ),
    # Anthropic
    "a name of 129 characters": (anthropic, tool(name="x" * 129), "name", "Anthropic takes 1 to 128"),
    "a dot in the name": (anthropic, tool(name="flaws.search"), "name", "Anthropic takes 1 to 128"),
    "oneOf at the root": (anthropic, root(oneOf=[{}]), "inputSchema", "Anthropic refuses oneOf"),
    "anyOf at the root": (anthropic, root(anyOf=[{}]), "inputSchema", "Anthropic refuses anyOf"),
    "allOf at the root": (anthropic, root(allOf=[{}]), "inputSchema", "Anthropic refuses allOf"),
    "another dialect": (
        anthropic,
        root(**{"$schema": "http://json-schema.org/draft-07/schema#"}),
        "inputSchema",
        "no other $schema",
    ),
    "nullable": (anthropic, one({**TEXT, "nullable": True}), X, "OpenAPI: nullable"),
    "example": (anthropic, one({**TEXT, "example": "a"}), X, "OpenAPI: example"),
    "discriminator": (anthropic, one({**TEXT, "discriminator": {}}), X, "OpenAPI: discriminator"),
    "xml": (anthropic, one({**TEXT, "xml": {}}), X, "OpenAPI: xml"),
    "externalDocs": (anthropic, one({**TEXT, "externalDocs": {}}), X, "OpenAPI: externalDocs"),
    "two types": (anthropic, one({"type": ["string", "null"]}), X, "list of types"),
    "a boolean exclusiveMinimum": (
        anthropic,
        one({"type": "integer", "minimum": 0, "exclusiveMinimum": True}),
        f"{X}.exclusiveMinimum",
        "2020-12",
    ),
    "a type that does not exist": (anthropic, one({"type": "file"}), f"{X}.type", "2020-12"),
    "required beside the property": (anthropic, one({**TEXT, "required": True}), f"{X}.required", "2020-12"),
    "a property that is no schema": (anthropic, one("string"), X, "2020-12"),
    "items in a list": (anthropic, one({"type": "array", "items": [TEXT]}), f"{X}.items", "2020-12"),
    "an invalid schema in a union": (
        anthropic,
        one({"anyOf": [NULL, {"maxLength": -1}]}),
        f"{X}.anyOf[1].maxLength",
        "2020-12",
    ),
    "brackets in an argument": (
        anthropic,
        root(properties={"filter[id]": TEXT}, required=[]),
        "inputSchema.properties.filter[id]",
        "Anthropic takes 1 to 64",
    ),
    "a long argument": (
        anthropic,
        root(properties={"x" * 65: TEXT}, required=[]),
        f"inputSchema.properties.{'x' * 65}",
        "Anthropic takes 1 to 64",
    ),
    "a dollar in a nested property": (
        anthropic,
        one({"type": "array", "items": {"type": "object", "properties": {"$top": TEXT}}}),
        f"{X}.items.properties.$top",
        "Anthropic takes 1 to 64",
    ),
    "Python's end of text": (anthropic, one({**TEXT, "pattern": r"^[-\w]+\Z"}), f"{X}.pattern", r"\Z is no"),
    "Python's named groups": (anthropic, one({**TEXT, "pattern": "(?P<a>.)"}), f"{X}.pattern", "(? is no"),
    "an inline flag": (anthropic, one({**TEXT, "pattern": "(?i)a"}), f"{X}.pattern", "(? is no"),
    "a needless escape": (anthropic, one({**TEXT, "pattern": r"^https\:"}), f"{X}.pattern", r"\: is no"),
    "an escaped dash": (anthropic, one({**TEXT, "pattern": r"^[ab]\-c"}), f"{X}.pattern", r"\- is no"),
    "an escape of nothing": (anthropic, one({**TEXT, "pattern": "a\\"}), f"{X}.pattern", "\\ is no"),
    # OpenAI
    "a name of 65 characters": (openai, tool(name="x" * 65), "name", "OpenAI takes 1 to 64"),
    "a slash in the name": (openai, tool(name="flaws/search"), "name", "OpenAI takes 1 to 64"),
    "a description of 1025 characters": (openai, tool(description="x" * 1025), "description", "at most 1024"),
    "no properties": (openai, tool(inputSchema={"type": "object"}), "inputSchema", "needs properties"),
    **{
        f"{keyword} at the root of a function": (openai, root(**{keyword: value}), "inputSchema", f"refuses {keyword}")
        for keyword, value in OPENAI_REFUSES.items()
    },
    "an array of anything": (openai, one({"type": "array"}), X, "array without items"),
    "perhaps an array of anything": (openai, one({"type": ["array", "null"]}), X, "array without items"),
    "an array that may hold anything": (openai, one({"type": "array", "items": True}), X, "array without items"),
    "an array of anything in a union": (
        openai,
        one({"anyOf": [NULL, {"type": "array"}]}),
        f"{X}.anyOf[1]",
        "array without items",
    ),
    "allOf": (openai, one({"allOf": [TEXT]}), X, "refuses allOf"),
    "a lookahead": (openai, one({**TEXT, "pattern": "^(?!a)"}), f"{X}.pattern", "lookahead"),
    "a lookbehind": (openai, one({**TEXT, "pattern": "(?<=a)b"}), f"{X}.pattern", "lookahead and lookbehind"),
    "a Unicode property": (openai, one({**TEXT, "pattern": r"\p{L}"}), f"{X}.pattern", "does not read"),
    "an open bracket": (openai, one({**TEXT, "pattern": "[a"}), f"{X}.pattern", "does not read"),
    "5001 arguments": (openai, several(5001, TEXT), "inputSchema", "5000 properties"),
    "11 levels": (openai, objects(11), "inputSchema", "10 levels"),
    "1001 enum values": (
        openai,
        several(7, {**TEXT, "enum": [str(number) for number in range(143)]}),
        "inputSchema",
        "1000 enum values",
    ),
    "a large enum of long values": (
        openai,
        one({**TEXT, "enum": [f"{number:060}" for number in range(251)]}),
        f"{X}.enum",
        "15000 characters",
    ),
    "long names and values": (
        openai,
        several(250, {"type": "object", "properties": {"y" * 240: {"enum": ["z" * 240]}}}),
        "inputSchema",
        "120000 characters",
    ),
    "a long constant": (openai, one({"const": "x" * 120_000}), "inputSchema", "120000 characters"),
    # Gemini
    "a name that begins with a digit": (gemini, tool(name="2fa_reset"), "name", "beginning with a letter"),
    "a name of 64 characters": (gemini, tool(name="x" * 64), "name", "Gemini takes 1 to 63"),
    **{
        f"{keyword} in an argument": (gemini, one({**TEXT, keyword: value}), X, f"does not know {keyword}")
        for keyword, value in {
            "$ref": "#",
            "$comment": "a",
            "const": "a",
            "examples": ["a"],
            "readOnly": True,
            "deprecated": True,
            "oneOf": [TEXT],
            "allOf": [TEXT],
            "not": {},
            "exclusiveMinimum": 0,
            "multipleOf": 2,
            "uniqueItems": True,
            "contentMediaType": "text/html",
            "patternProperties": {},
            "propertyNames": TEXT,
            "x-enum": [],
        }.items()
    },
    "$defs": (gemini, root(**{"$defs": {}}), "inputSchema", "does not know $defs"),
    "$schema": (
        gemini,
        root(**{"$schema": "https://json-schema.org/draft/2020-12/schema"}),
        "inputSchema",
        "does not know $schema",
    ),
    "additionalProperties of a type": (gemini, root(additionalProperties=TEXT), "inputSchema", "additionalProperties"),
    "any additionalProperties": (gemini, root(additionalProperties=True), "inputSchema", "additionalProperties"),
    "additionalProperties deeper": (
        gemini,
        one({"type": "object", "properties": {"y": TEXT}, "additionalProperties": False}),
        X,
        "does not know additionalProperties",
    ),
    "an argument of any kind": (gemini, one(True), X, "needs a schema with a type"),
    "an argument of no type": (gemini, one({"description": "Anything."}), X, "needs a type"),
    "an enum of no type": (gemini, one({"enum": ["a"]}), X, "needs a type"),
    "a list of types": (gemini, one({"type": ["string", "null"]}), X, "not a list"),
    "only null": (gemini, one(NULL), X, "null only as an alternative"),
    "a description beside anyOf": (
        gemini,
        one({"description": "When.", "anyOf": [TEXT, NULL]}),
        X,
        "nothing beside anyOf, so move description",
    ),
    "a type beside anyOf": (gemini, one({**TEXT, "anyOf": [TEXT, NULL]}), X, "so move type"),
    "anyOf of null": (gemini, one({"anyOf": [NULL]}), f"{X}.anyOf", "other than null"),
    "an empty anyOf": (gemini, one({"anyOf": []}), f"{X}.anyOf", "other than null"),
    "no type in anyOf": (gemini, one({"anyOf": [TEXT, {}]}), f"{X}.anyOf[1]", "needs a type"),
    "an object without properties": (gemini, one({"type": "object"}), X, "object without properties"),
    "an object with empty properties": (gemini, one({"type": "object", "properties": {}}), X, "without properties"),
    "properties of a string": (gemini, one({**TEXT, "properties": {"y": TEXT}}), X, "properties only for objects"),
    "required in an array": (
        gemini,
        one({"type": "array", "items": TEXT, "required": []}),
        X,
        "required only for objects",
    ),
    "a required argument that is missing": (gemini, root(required=["y"]), "inputSchema.required", "no property y"),
    "a required property that is missing": (
        gemini,
        one({"type": "object", "properties": {"y": TEXT}, "required": ["z"]}),
        f"{X}.required",
        "no property z",
    ),
    "a dash in an argument": (
        gemini,
        root(properties={"a-b": TEXT}, required=[]),
        "inputSchema.properties.a-b",
        "Gemini takes 1 to 64",
    ),
    "an argument that begins with a digit": (
        gemini,
        root(properties={"2fa": TEXT}, required=[]),
        "inputSchema.properties.2fa",
        "beginning with a letter",
    ),
    "an array of nothing": (gemini, one({"type": "array"}), X, "array without items"),
    "an array of items of no type": (gemini, one({"type": "array", "items": {}}), f"{X}.items", "needs a type"),
    "items of a string": (gemini, one({**TEXT, "items": TEXT}), X, "items only for arrays"),
    "an enum of numbers": (gemini, one({"type": "integer", "enum": [1]}), f"{X}.enum", "only for strings"),
    "numbers in an enum of strings": (gemini, one({**TEXT, "enum": ["a", 1]}), f"{X}.enum", "strings only"),
    "null in an enum": (gemini, one({**TEXT, "enum": ["a", None]}), f"{X}.enum", "strings only"),
    "the empty string in an enum": (gemini, one({**TEXT, "enum": ["a", ""]}), f"{X}.enum", "no empty one"),
    "an empty enum": (gemini, one({**TEXT, "enum": []}), f"{X}.enum", "strings only"),
    **{
        f"the format {name}": (gemini, one({**TEXT, "format": name}), f"{X}.format", "enum and date-time")
        for name in ("date", "uuid", "uri", "email", "binary", "int32")
    },
    "a format of integers": (gemini, one({"type": "integer", "format": "uint8"}), f"{X}.format", "int32 and int64"),
    "a format of numbers": (gemini, one({"type": "number", "format": "int32"}), f"{X}.format", "float and double"),
    "a format of booleans": (gemini, one({"type": "boolean", "format": "int32"}), f"{X}.format", "none"),
    "a format enum without one": (gemini, one({**TEXT, "format": "enum"}), f"{X}.format", "expects an enum"),
    "5 levels of objects": (gemini, objects(5), "inputSchema", "4 levels"),
    "5 levels of arrays": (gemini, arrays(5), "inputSchema", "4 levels"),
    "5 levels in a union": (
        gemini,
        one({"anyOf": [NULL, arrays(4)["inputSchema"]]}),
        "inputSchema",
        "4 levels",
    ),
    "long arrays": (
        gemini,
        tool(inputSchema={"type": "object", "properties": {f"x{n}": {**LIST, "maxItems": n} for n in (475, 476)}}),
        "inputSchema",
        "950",
    ),
}

# Tools that look like breaches, and the judge that must not complain.
LOOKALIKES: dict[str, tuple[Judge, dict[str, Any]]] = {
    "the shortest name": (problems, tool(name="x")),
    "a name of 45 characters": (problems, tool(name="x" * 45)),
    "a description of 1024 characters": (problems, tool(description="ü" * 1024)),
    "no arguments": (problems, tool(inputSchema={"type": "object", "properties": {}, "additionalProperties": False})),
    "no answer's schema": (problems, {key: value for key, value in GOOD.items() if key != "outputSchema"}),
    "arguments named like keywords": (
        problems,
        tool(
            inputSchema={
                "type": "object",
                "properties": dict.fromkeys(["type", "enum", "allOf", "nullable", "items", "pattern", "format"], TEXT),
            }
        ),
    ),
    "a default that looks like a schema": (
        problems,
        one({"type": "object", "properties": {"y": TEXT}, "default": {"allOf": [], "nullable": True}}),
    ),
    "a union": (problems, one({"anyOf": [{**TEXT, "description": "A name."}, {"type": "integer"}]})),
    "an array of objects": (
        problems,
        one({"type": "array", "items": {"type": "object", "properties": {"y": TEXT}, "required": ["y"]}}),
    ),
    "4 levels": (problems, objects(4)),
    "4 levels of arrays": (problems, arrays(4)),
    "arrays of 950 items": (problems, several(2, {**LIST, "maxItems": 475})),
    "the format enum": (problems, one({**TEXT, "format": "enum", "enum": ["a"]})),
    "the format int64": (problems, one({"type": "integer", "format": "int64"})),
    "a pattern with groups and an escaped dash": (problems, one({**TEXT, "pattern": r"^(?:a|\.)[\w.@+\-]+\/$"})),
    "a pattern with a set that Python warns of": (problems, one({**TEXT, "pattern": "^[[a]+"})),
    "a question mark in a set": (problems, one({**TEXT, "pattern": "^[(?P]+$"})),
    "a reference": (
        anthropic,
        tool(inputSchema={"type": "object", "properties": {"x": {"$ref": "#/$defs/a~1b"}}, "$defs": {"a/b": TEXT}}),
    ),
    "a reference into a list": (anthropic, one({"anyOf": [TEXT, {"$ref": "#/properties/x/anyOf/0"}]})),
    "the dialect of MCP": (anthropic, root(**{"$schema": "https://json-schema.org/draft/2020-12/schema"})),
    "a numeric exclusiveMinimum": (anthropic, one({"type": "integer", "exclusiveMinimum": 0})),
    "oneOf in an argument": (anthropic, one({"oneOf": [TEXT, NULL]})),
    "a dot and a dash in an argument": (anthropic, root(properties={"a.b-c": TEXT}, required=[])),
    "a lookahead that only OpenAI refuses": (anthropic, one({**TEXT, "pattern": "^(?!a)(?<name>b)"})),
    "nullable for Gemini": (gemini, one({**TEXT, "nullable": True, "example": "a"})),
    "limits and an order for Gemini": (
        gemini,
        root(minProperties=1, maxProperties=2, propertyOrdering=["state", "page"]),
    ),
    "119,999 characters and a name": (openai, one({"const": "x" * 119_999})),
    "an argument of 64 characters": (problems, root(properties={"x" * 64: TEXT}, required=[])),
    "5000 arguments": (openai, several(5000, TEXT)),
    "10 levels": (openai, objects(10)),
    "1000 enum values": (openai, several(4, {**TEXT, "enum": [str(number) for number in range(250)]})),
    "a large enum of short values": (openai, one({**TEXT, "enum": [f"{number:059}" for number in range(251)]})),
    "a small enum of long values": (openai, one({**TEXT, "enum": [f"{number:061}" for number in range(250)]})),
    "an array of anything that has a schema": (openai, one({"type": "array", "items": {}})),
    "an answer that models never see": (
        problems,
        tool(outputSchema={"type": "object", "oneOf": [{"type": ["object", "null"]}], "properties": {"a b": True}}),
    ),
}


def test_a_good_tool_passes_all() -> None:
    assert problems(GOOD) == anthropic(GOOD) == openai(GOOD) == gemini(GOOD) == []


@pytest.mark.parametrize("rule", BREACHES)
def test_a_tool_that_breaks_a_rule_is_named(rule: str) -> None:
    judge, broken, place, words = BREACHES[rule]
    sentences = judge(broken)
    assert any(sentence.startswith(f"{place}: ") and words in sentence for sentence in sentences), sentences
    assert all(sentence.endswith(".") for sentence in sentences)
    assert set(sentences) <= set(problems(broken))


@pytest.mark.parametrize("rule", LOOKALIKES)
def test_a_tool_that_only_looks_like_a_breach_passes(rule: str) -> None:
    judge, fine = LOOKALIKES[rule]
    assert judge(fine) == []


@pytest.mark.parametrize(
    ("judge", "vendor", "longest"), [(anthropic, "Anthropic", 128), (openai, "OpenAI", 64), (gemini, "Gemini", 63)]
)
def test_each_vendor_has_its_own_limit_of_names(judge: Judge, vendor: str, longest: int) -> None:
    assert not any(vendor in sentence for sentence in judge(tool(name="X" * longest)))
    assert any(vendor in sentence for sentence in judge(tool(name="X" * (longest + 1))))


BAD = {"$ref": "x"}
ALONE = (
    *("items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties"),
    *("not", "if", "then", "else", "contentSchema"),
)  # fmt: skip
HOLDERS: dict[str, tuple[Any, str]] = {
    **dict.fromkeys(
        ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), ({"y": BAD}, ".y")
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ([TEXT, BAD], "[1]")),
    **dict.fromkeys(ALONE, (BAD, "")),
}


@pytest.mark.parametrize("keyword", HOLDERS)
def test_a_breach_is_found_wherever_a_schema_may_stand(keyword: str) -> None:
    schema, step = HOLDERS[keyword]
    assert f"{X}.{keyword}{step}: Its $ref must point into the same schema." in problems(one({keyword: schema}))


def test_each_problem_is_told_once() -> None:
    found = problems(tool(name="", description=""))
    assert len(found) == len(set(found))
    assert sum(sentence.startswith("description: ") for sentence in found) == 1


ODD: tuple[Any, ...] = (5, [{}])
NONSENSE: list[Any] = [None, True, 5, "object", [], {}, {"type": []}, {"type": {}}, {"type": "object", "properties": 5}]
NONSENSE += [{keyword: value} for keyword in ("$ref", "$schema", "anyOf", "required", "format") for value in ODD]
NONSENSE += [{keyword: {}} for keyword in ("pattern", "maxItems", "enum", "format", "const", "items")]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=repr)
def test_a_judge_survives_nonsense(nonsense: Any) -> None:
    assert problems({"name": nonsense, "description": nonsense, "inputSchema": nonsense, "outputSchema": nonsense})
    assert problems(one(nonsense))
