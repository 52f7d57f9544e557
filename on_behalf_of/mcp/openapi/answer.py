"""Turn the API's answer into the tool's: one page of a list, chosen fields, and no more than a model can read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from on_behalf_of.mcp.api.errors import MalformedApiAnswer
from on_behalf_of.mcp.openapi.arguments import Arguments
from on_behalf_of.mcp.openapi.operation import Operation
from on_behalf_of.mcp.openapi.references import merged
from on_behalf_of.mcp.tool import ToolAnswer
from on_behalf_of.mcp.tool_error import InvalidArguments, ToolError

MOST_CHARACTERS = 40_000  # of an answer; about 10,000 tokens, from which on clients warn
ITEMS_OF_A_PAGE = 50  # where the API gives a list as a whole
FEWEST_FIELDS, MOST_FIELDS = 5, 60  # choosing among fewer saves nothing; more are not listed
FIELDS, PAGE = "fields", "page"
_NEXT = {"page": "next_page", "offset": "next_offset", "cursor": "next_cursor"}


class AnswerTooLong(ToolError):
    """The API's answer is longer than a model should read. The call did nothing but read."""

    reason = "answer_too_long"

    def __init__(self, length: int, limit: int, ways: Sequence[str]) -> None:
        remedy = f" Ask for less: {' or '.join(ways)}." if ways else ""
        super().__init__(f"The answer has {length:,} characters, and at most {limit:,} are passed on.{remedy}")


@dataclass(frozen=True)
class AnswerForm:
    """How an operation answers, by its description. The answer itself decides if it differs."""

    arguments: Arguments
    paging: str  # "page", "offset" or "cursor": how the API gives pages; "whole": it gives a list at once; "": no list
    fields: tuple[str, ...]  # members of the answer or of its items; () if they cannot be chosen
    most_characters: int = MOST_CHARACTERS

    @property
    def listed_arguments(self) -> dict[str, Any]:
        """Return the arguments that this form adds, as models are shown them."""
        found: dict[str, Any] = {}
        if self.fields:
            names = ", ".join(self.fields[:MOST_FIELDS])
            found[FIELDS] = {"type": "array", "items": {"type": "string"}, "description": f"Only these: {names}"}
        if self.paging == "whole":
            found[PAGE] = {"type": "integer"}
        return found

    @property
    def judging_arguments(self) -> dict[str, Any]:
        """Return what judges the arguments that this form adds."""
        fields = {"type": "array", "items": {"type": "string"}}
        found: dict[str, Any] = {FIELDS: fields} if self.fields else {}
        return found | ({PAGE: {"type": "integer", "minimum": 1}} if self.paging == "whole" else {})

    @property
    def output_schema(self) -> dict[str, Any]:
        """Return what holds for every answer. It stays small, and promises nothing that only the API can keep."""
        if not self.paging:
            return {"type": "object"}
        next_one = {"type": "string" if self.paging == "cursor" else "integer"}
        return {
            "type": "object",
            "properties": {"items": {"type": "array"}, "count": {"type": "integer"}, self._next_name: next_one},
        }

    @property
    def _next_name(self) -> str:
        return _NEXT.get(self.paging, "next_page")

    def check(self, given: Mapping[str, Any]) -> None:
        """Check the arguments that this form adds. Raises InvalidArguments."""
        if unknown := [name for name in given.get(FIELDS, ()) if self.fields and name not in self.fields]:
            raise InvalidArguments(f"{FIELDS}: {unknown[0][:60]} is not one of {', '.join(self.fields[:MOST_FIELDS])}")

    def answer(self, found: Any, given: Mapping[str, Any]) -> ToolAnswer:
        """Return the tool's answer. Raises AnswerTooLong if the operation only reads."""
        structured, text = self._structured(found, given)
        length = len(json.dumps(structured, ensure_ascii=False))
        if length <= self.most_characters:
            return ToolAnswer(structured, text)
        if self.arguments.operation.method == "GET":
            raise AnswerTooLong(length, self.most_characters, self._ways(structured))
        return self._shortened(structured)

    def _structured(self, found: Any, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        chosen = given.get(FIELDS) if self.fields else None
        if isinstance(found, list):
            number = given.get(PAGE, 1) if self.paging == "whole" else 1
            size = ITEMS_OF_A_PAGE if self.paging == "whole" else len(found)
            page = found[(number - 1) * size : number * size]
            following = {"next_page": number + 1} if number * size < len(found) else {}
            return self._page(page, len(found), following, chosen)
        if isinstance(found, dict) and isinstance(items := found.get("results"), list) and "next" in found:
            return self._page(items, found.get("count"), self._following(found, items, given), chosen)
        if found is not None and self.paging:
            raise MalformedApiAnswer("it is not a list")
        if isinstance(found, dict):
            return _chosen(found, chosen), ""
        return ({"done": True}, "Done.") if found is None else ({"value": found}, "")

    def _page(self, items: list[Any], count: Any, following: dict[str, Any], chosen: Any) -> tuple[dict[str, Any], str]:
        structured: dict[str, Any] = {"items": [_chosen(each, chosen) for each in items]}
        is_counted = isinstance(count, int) and not isinstance(count, bool)
        structured |= {"count": count} if is_counted else {}
        total = f" of {count}" if is_counted else ""
        more = "".join(f" More with {name.removeprefix('next_')} {value}." for name, value in following.items())
        return structured | following, f"{len(items)}{total} items.{more}"

    def _following(self, found: Mapping[str, Any], items: list[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return how to ask for the next page. The URL itself is not followed or shown: it may name any host."""
        if not isinstance(link := found["next"], str):
            return {}
        if self.paging == "cursor":
            cursor = parse_qs(urlsplit(link).query).get("cursor", [""])[0]
            return {"next_cursor": cursor} if cursor else {}
        asked = self._given(given, "offset" if self.paging == "offset" else "page")
        if self.paging == "offset":
            return {"next_offset": (asked or 0) + len(items)}
        return {"next_page": (asked or 1) + 1}

    def _given(self, given: Mapping[str, Any], wire_name: str) -> int | None:
        argument = self.arguments.query(wire_name)
        value = given.get(argument.name) if argument else None
        return int(value) if isinstance(value, int | float) else None

    def _ways(self, structured: dict[str, Any]) -> list[str]:
        ways = [f"a smaller {each.name}" for name in ("page_size", "limit") if (each := self.arguments.query(name))]
        if self.fields:
            items = structured.get("items", [structured])
            longest = _longest(items[0]) if items and isinstance(items[0], dict) else []
            ways.append(f"some {FIELDS} only" + (f" (the longest are {', '.join(longest)})" if longest else ""))
        return ways

    def _shortened(self, structured: dict[str, Any]) -> ToolAnswer:
        """Return what fits of the answer to a call that is done, and must not look as if it had failed."""
        kept = dict(structured)
        left_out = []
        for name in _longest(structured, most=len(structured)):
            if len(json.dumps(kept, ensure_ascii=False)) <= self.most_characters:
                break
            del kept[name]
            left_out.append(name)
        return ToolAnswer(kept, f"Done. The answer was too long, so these members are left out: {', '.join(left_out)}.")


def answer_form(arguments: Arguments, most_characters: int = MOST_CHARACTERS) -> AnswerForm:
    operation = arguments.operation
    whole = merged(operation.document, operation.answer) if operation.answer is not None else {}
    properties = whole.get("properties") or {}
    if whole.get("type") == "array" or ("items" in whole and not properties):
        is_paged = operation.method != "GET" or any(each.name == PAGE for each in arguments.members)
        paging = "" if is_paged else "whole"
        return AnswerForm(arguments, paging, _fields(operation, whole.get("items"), arguments), most_characters)
    results = merged(operation.document, properties.get("results", {}))
    if "next" in properties and results.get("type") == "array":
        paging = next((name for name in ("cursor", "offset") if arguments.query(name)), "page")
        return AnswerForm(arguments, paging, _fields(operation, results.get("items"), arguments), most_characters)
    return AnswerForm(arguments, "", _fields(operation, operation.answer, arguments), most_characters)


def _fields(operation: Operation, schema: Any, arguments: Arguments) -> tuple[str, ...]:
    """Return the members that can be chosen; () if the operation writes, or has an argument of that name itself."""
    if operation.method != "GET" or schema is None or any(each.name == FIELDS for each in arguments.members):
        return ()
    properties = merged(operation.document, schema).get("properties") or {}
    names = [name for name, each in properties.items() if merged(operation.document, each).get("writeOnly") is not True]
    return tuple(names) if len(names) >= FEWEST_FIELDS else ()


def _chosen(value: Any, names: Any) -> Any:
    if not names or not isinstance(value, dict):
        return value
    return {name: value[name] for name in names if name in value}


def _longest(value: Mapping[str, Any], most: int = 3) -> list[str]:
    """Return the names of the longest members, the longest first."""
    return sorted(value, key=lambda name: -len(json.dumps(value[name], ensure_ascii=False)))[:most]
