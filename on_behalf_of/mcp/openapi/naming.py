"""Names that people would give to tools: `list_notes` for GET /api/notes/."""

import re
from collections.abc import Iterable, Sequence

from on_behalf_of.mcp.openapi.operation import TEMPLATE

LONGEST = 45  # characters: clients put the server's name before it, and some take 64 in all
_ACTIONS = {
    "list": "list",
    "retrieve": "get",
    "create": "create",
    "update": "replace",
    "partial_update": "update",
    "destroy": "delete",
}
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_NO_NOUNS = re.compile(r"api|rest|v\d+(_\d+)*|public|internal")
_VERSION = re.compile(r"v[0-9]{1,3}")
_NUMBERED = re.compile(r"_\d+$")
_QUALITIES = {"bulk", "batch"}  # not what is done, but to how many
_SEARCHES = {"search", "export", "count", "lookup", "find"}  # what a GET may do besides reading
_IRREGULAR = {
    "shelves": "shelf",
    "leaves": "leaf",
    "addresses": "address",
    "people": "person",
    "children": "child",
    "data": "data",
    "media": "media",
    "series": "series",
    "news": "news",
}


def tool_name(operation_id: str, method: str, path: str) -> str:
    """Return a name of at most 45 characters of `[a-z0-9_]`.

    It is made from the address if the id was made from it too, as drf-spectacular does, and else from the id.
    """
    segments = [each for each in path.strip("/").split("/") if each]
    words = [_snake(each) for each in segments if not TEMPLATE.match(each)]
    action, stem = _action(operation_id)
    if not words or action is None or not "_".join(words).endswith(_snake(stem)):
        return _cut(_snake(operation_id).split("_") if _snake(operation_id) else [_VERBS[method], *words])
    nouns = [each for each in words if not _NO_NOUNS.fullmatch(each)] or words[-1:]
    if TEMPLATE.search(segments[-1]):  # /notes/{id}/
        return _cut([_ACTIONS[action], *map(_singular, nouns)])
    if len(segments) > 1 and TEMPLATE.search(segments[-2]) and action == "create" and not _is_plural(nouns[-1]):
        return _cut([nouns[-1], *map(_singular, nouns[-2:-1])])  # POST /orders/{id}/cancel/
    is_below_many = len(nouns) > 1 and not TEMPLATE.search(segments[-2]) and _is_plural(nouns[-2])
    if is_below_many and not _is_plural(nouns[-1]):
        return _cut(_beside_many(action, nouns))
    if action in {"create", "update", "partial_update", "destroy"}:
        return _cut([_ACTIONS[action], *map(_singular, nouns)])
    return _cut([_ACTIONS[action], *map(_singular, nouns[:-1]), nouns[-1]])


def _beside_many(action: str, nouns: Sequence[str]) -> list[str]:
    """Return the words for an address that ends in a plural and one more word.

    That word says what is done (`search_books`), or which of them are meant (`list_overdue_loans`).
    """
    *_, many, last = nouns
    if last in _SEARCHES or (action == "create" and last not in _QUALITIES):
        return [last, many]  # GET /books/search/, POST /books/reprice/
    if action == "retrieve":
        return [_ACTIONS[action], *map(_singular, nouns[:-1]), last]  # GET /books/index/
    return [_ACTIONS[action], last, many]  # GET /loans/overdue/, PUT /books/bulk/


def distinct(name: str, taken: Iterable[str], *, version: str = "") -> str:
    """Return the name, with the version or a number if it is taken."""
    others, number, found = set(taken), 1, name
    if found in others and version:
        found = f"{name[: LONGEST - len(version) - 1]}_{version}"
    while found in others:
        number += 1
        found = f"{name[: LONGEST - len(str(number)) - 1]}_{number}"
    return found


def version_of(path: str) -> str:
    """Return the version of the API that an address names, such as "v2"; empty if it names none."""
    return next((each for each in path.lower().split("/") if _VERSION.fullmatch(each)), "")


def argument_name(name: str) -> str:
    """Return the name as models take it for an argument: `[A-Za-z_][A-Za-z0-9_]*`, at most 64 characters."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "argument"
    return (f"_{plain}" if plain[0].isdigit() else plain)[:64]


def _action(operation_id: str) -> tuple[str | None, str]:
    whole = _NUMBERED.sub("", operation_id)
    for action in ("partial_update", *_ACTIONS):
        if whole == action or whole.endswith(f"_{action}"):
            return action, whole[: -len(action)].strip("_")
    return None, whole


def _snake(text: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith("ss")


def _singular(word: str) -> str:
    head, _, last = word.rpartition("_")
    last = _IRREGULAR.get(last) or _without_ending(last)
    return f"{head}_{last}" if head else last


def _without_ending(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - not "ties"
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _cut(words: Sequence[str]) -> str:
    """Return the words as a name. If it is too long, drop words after the verb: the first are the most general."""
    verb, *rest = words
    while len("_".join([verb, *rest])) > LONGEST and len(rest) > 1:
        rest = rest[1:]
    return "_".join([verb, *rest])[:LONGEST].strip("_") or "operation"
