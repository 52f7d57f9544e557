"""Turn the API's answer into the tool's: one page of a list, chosen fields, and no more than a model can read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

from on_behalf_of.mcp.api.errors import MalformedApiAnswer
from on_behalf_of.mcp.openapi.arguments import Argument, Arguments
from on_behalf_of.mcp.openapi.operation import Operation
from on_behalf_of.mcp.openapi.references import merged, types_of
from on_behalf_of.mcp.tool import ToolAnswer
from on_behalf_of.mcp.tool_error import InvalidArguments, ToolError
from on_behalf_of.primitives.foreign_text import readable

MOST_CHARACTERS = 40_000  # of an answer; about 10,000 tokens, from which on clients warn
ITEMS_OF_A_PAGE = 50  # where the API gives a list as a whole
FEWEST_FIELDS, MOST_FIELDS = 5, 60  # choosing among fewer saves nothing; more are not listed
FIELDS, PAGE = "fields", "page"
MOST_NAMED = 10  # of the members that are left out
_ROOM = 200  # characters of a page besides its items
_OF_PAGES = frozenset({"results", "count", "next", "previous", "links"})  # not passed on as they are
_PAGE_NUMBER = re.compile("page(?!.*size)")


class AnswerTooLong(ToolError):
    """The API's answer is longer than a model should read. The call did nothing but read."""

    reason = "answer_too_long"

    def __init__(self, limit: int, ways: Sequence[str], length: int | None = None) -> None:
        remedy = f"Ask for less: {' or '.join(ways)}." if ways else "This operation has no way to ask for less."
        size = f"has {length:,} characters" if length is not None else "is too long"
        super().__init__(f"The answer {size}, and at most {limit:,} characters are passed on. {remedy}")


@dataclass(frozen=True)
class AnswerForm:
    """The expected form of an operation's answer. If an answer has another form, that one is used."""

    arguments: Arguments
    paging: str  # "page", "offset" or "cursor": how the API gives pages; "whole": it gives a list at once; "": no list
    fields: tuple[str, ...]  # members of the answer or of its items; () if they cannot be chosen
    most_characters: int = MOST_CHARACTERS
    pager: Argument | None = None  # the argument that chooses the page, if the API gives pages

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

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """Return what holds for every answer. It stays small, and promises nothing that only the API can keep."""
        if not self.paging:
            return {"type": "object"}
        promised: dict[str, Any] = {"items": {"type": "array"}, "count": {"type": "integer"}}
        if self.paging == "whole":
            promised["next_page"] = {"type": "integer"}
        elif self.pager is not None:
            promised[f"next_{self.pager.name}"] = {"type": "string" if self.paging == "cursor" else "integer"}
        return {"type": "object", "properties": promised}

    def check(self, given: Mapping[str, Any]) -> None:
        """Check the arguments that this form adds. Raises InvalidArguments."""
        if unknown := [name for name in given.get(FIELDS, ()) if self.fields and name not in self.fields]:
            known = ", ".join(self.fields[:MOST_FIELDS])
            raise InvalidArguments(f"{FIELDS}: {readable(unknown[0], limit=60)} is not one of {known}")

    def answer(self, found: Any, given: Mapping[str, Any]) -> ToolAnswer:
        """Return the tool's answer. Raises AnswerTooLong if the operation only reads, and MalformedApiAnswer."""
        structured, text = self._structured(found, given)
        length = _length(structured)
        if length <= self.most_characters:
            return ToolAnswer(structured, text)
        if self.arguments.operation.method == "GET":
            raise AnswerTooLong(self.most_characters, self._ways(structured), length)
        return self._shortened(structured, length)

    def too_long(self) -> ToolError:
        """Return the error for an answer that is too long to be received."""
        return AnswerTooLong(self.most_characters, self._ways({}))

    def _structured(self, found: Any, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        chosen = given.get(FIELDS) if self.fields else None
        if isinstance(found, list):
            items = [_chosen(each, chosen) for each in found]
            if self.paging != "whole":
                return self._page(items, len(items), {})
            number = min(int(given.get(PAGE, 1)), len(items) + 1)
            pages = islice(self._pages(items), number - 1, None)
            page, following = next(pages, []), next(pages, None)
            return self._page(page, len(items), {"next_page": number + 1} if following else {})
        if isinstance(found, dict) and isinstance(results := found.get("results"), list) and "next" in found:
            items = [_chosen(each, chosen) for each in results]
            structured, text = self._page(items, found.get("count"), self._following(found["next"], results, given))
            own = {*_OF_PAGES, *self.output_schema.get("properties", ())}
            others = {name: each for name, each in found.items() if name not in own}
            return structured | others, text
        if found is not None and self.paging:
            raise MalformedApiAnswer("it is not a list")
        if isinstance(found, dict):
            return _chosen(found, chosen), ""
        return ({"done": True}, "Done.") if found is None else ({"value": found}, "")

    def _pages(self, items: list[Any]) -> Iterator[list[Any]]:
        """Yield the pages of a list that the API gave as a whole.

        A page ends after ITEMS_OF_A_PAGE items, or earlier if it would exceed `most_characters`.
        """
        start = 0
        while start < len(items):
            end, length = start, _ROOM
            while end < len(items) and end - start < ITEMS_OF_A_PAGE:
                length += _length(items[end]) + 2
                if end > start and length > self.most_characters:
                    break
                end += 1
            yield items[start:end]
            start = end

    def _page(self, items: list[Any], count: Any, following: dict[str, Any]) -> tuple[dict[str, Any], str]:
        is_counted = isinstance(count, int) and not isinstance(count, bool)
        structured = {"items": items} | ({"count": count} if is_counted else {})
        total = f" of {count}" if is_counted else ""
        more = "".join(f" More with {name.removeprefix('next_')} {value}." for name, value in following.items())
        return structured | following, f"{len(items)}{total} items.{more}"

    def _following(self, link: Any, items: list[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return how to ask for the next page. The URL itself is not followed or shown: it may name any host."""
        if not isinstance(link, str) or self.pager is None:
            return {}
        name = f"next_{self.pager.name}"
        if self.paging == "cursor":
            cursor = parse_qs(urlsplit(link).query).get(self.pager.wire_name, [""])[0]
            return {name: cursor} if cursor else {}
        asked = given.get(self.pager.name)
        if self.paging == "offset":
            return {name: int(asked or 0) + len(items)}
        return {name: int(asked or 1) + 1}

    def _ways(self, structured: dict[str, Any]) -> list[str]:
        ways = [f"a smaller {each.name}" for name in ("page_size", "limit") if (each := self.arguments.query(name))]
        if self.fields:
            items = structured.get("items", [structured])
            longest = _longest(items[0]) if items and isinstance(items[0], dict) else []
            ways.append(f"some {FIELDS} only" + (f" (the longest are {', '.join(longest)})" if longest else ""))
        return ways

    def _shortened(self, structured: dict[str, Any], length: int) -> ToolAnswer:
        """Return what fits of the answer to a call that is done, and must not look as if it had failed."""
        kept, left_out = dict(structured), []
        lengths = {name: _length({name: each}) for name, each in structured.items()}
        for name in sorted(lengths, key=lambda name: -lengths[name]):
            if length <= self.most_characters:
                break
            del kept[name]
            length -= lengths[name]
            left_out.append(readable(name, limit=60))
        more = f" and {len(left_out) - MOST_NAMED} more" if len(left_out) > MOST_NAMED else ""
        told = ", ".join(left_out[:MOST_NAMED])
        return ToolAnswer(kept, f"Done. The answer was too long, so these members are left out: {told}{more}.")


def answer_form(arguments: Arguments, most_characters: int = MOST_CHARACTERS) -> AnswerForm:
    operation = arguments.operation
    whole = merged(operation.document, operation.answer) if operation.answer is not None else {}
    properties = whole.get("properties") or {}
    if "array" in types_of(whole) and not properties:
        is_paged = operation.method != "GET" or any(each.name == PAGE for each in arguments.members)
        fields = _fields(operation, whole.get("items"), arguments)
        return AnswerForm(arguments, "" if is_paged else "whole", fields, most_characters)
    results = merged(operation.document, properties.get("results", {}))
    if "next" in properties and "array" in types_of(results):
        paging, pager = _pager(arguments)
        return AnswerForm(
            arguments, paging, _fields(operation, results.get("items"), arguments), most_characters, pager
        )
    return AnswerForm(arguments, "", _fields(operation, operation.answer, arguments), most_characters)


def _pager(arguments: Arguments) -> tuple[str, Argument | None]:
    """Return the kind of pages, and the argument that chooses one; projects may call it otherwise."""
    for paging in ("cursor", "offset", "page"):
        if argument := arguments.query(paging):
            return paging, argument
    in_query = [each for each in arguments.members if each.place == "query"]
    renamed = [
        each for each in in_query if each.wire_name in {"p", "pg"} or _PAGE_NUMBER.search(each.wire_name.lower())
    ]
    return "page", renamed[0] if renamed else None


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


def _longest(value: Mapping[str, Any]) -> list[str]:
    """Return the names of the three longest members, the longest first."""
    lengths = {name: _length(each) for name, each in value.items()}
    return [readable(name, limit=60) for name in sorted(lengths, key=lambda name: -lengths[name])[:3]]


def _length(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False))
