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
    action, stem = _action(operation_id)
    segments = [_snake(each) for each in path.strip("/").split("/") if each]
    words = [each for each in segments if not _is_parameter(each)]
    if action is None or not _follows(stem, words):
        return _cut(_snake(operation_id) or f"{_VERBS[method]}_{'_'.join(words)}")
    nouns = [each for each in words if not _NO_NOUNS.fullmatch(each)] or words[-1:]
    originals = [each for each in path.strip("/").split("/") if each]
    is_about_one = bool(originals) and TEMPLATE.search(originals[-1]) is not None
    verb, last = _ACTIONS[action], nouns[-1]
    is_below_one = len(originals) > 1 and TEMPLATE.search(originals[-2]) is not None
    is_below_many = not is_below_one and len(nouns) > 1 and _is_plural(nouns[-2]) and not _is_plural(last)
    if action == "create" and not is_about_one and is_below_one and not _is_plural(last):
        return _cut("_".join([last, *map(_singular, nouns[-2:-1])]))  # POST /orders/{id}/cancel/
    if not is_about_one and is_below_many:
        if (action == "create" and last not in _QUALITIES) or last in _SEARCHES:
            return _cut(f"{last}_{nouns[-2]}")  # POST /books/reprice/, GET /books/search/
        if action != "retrieve":
            return _cut(f"{verb}_{last}_{nouns[-2]}")  # GET /loans/overdue/
    if verb == "list":
        names = [*map(_singular, nouns[:-1]), last]
    elif is_about_one or action in {"create", "update", "partial_update", "destroy"}:
        names = list(map(_singular, nouns))
    else:
        names = [*map(_singular, nouns[:-1]), last]
    return _cut("_".join([verb, *names]))


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


def _follows(stem: str, words: Sequence[str]) -> bool:
    """Return whether the id's words are the last ones of the path, as drf-spectacular makes it."""
    return "_".join(words).endswith(_snake(stem))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("_parameter_")


def _snake(text: str) -> str:
    if TEMPLATE.search(text) and text.startswith("{"):
        return "_parameter_"
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


def _cut(name: str) -> str:
    """Shorten a name by the words after the verb, from the left, where the address is most general."""
    verb, *rest = name.split("_")
    while len("_".join([verb, *rest])) > LONGEST and len(rest) > 1:
        rest = rest[1:]
    return "_".join([verb, *rest])[:LONGEST].strip("_") or "operation"
