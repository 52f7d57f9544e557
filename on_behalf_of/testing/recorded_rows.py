"""Assertions about what the log of delegated access recorded: one row with these fields, or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from on_behalf_of.audit.database import log_alias
from on_behalf_of.audit.models import DelegatedAccess

FIELDS = ("id", *DelegatedAccess.FORMATS[max(DelegatedAccess.FORMATS)])
ALWAYS_SHOWN = ("subject", "actor", "scopes", "reason")  # in failure messages, beside the request and its status
AS_SETS = frozenset({"scopes", "scopes_required"})  # their order means nothing
NOTHING = (
    "Nothing was recorded. Only calls with an accepted access token leave a row, and only if "
    "on_behalf_of.drf.middleware.AuditMiddleware is in MIDDLEWARE."
)


class Recording:
    """The rows that were added to the log since this object was made."""

    def __init__(self, since: str = "since the recording began") -> None:
        self.since = since
        newest = DelegatedAccess.objects.using(log_alias()).order_by("-pk").values_list("pk", flat=True).first()
        self._after = newest or 0
        self._rows: list[DelegatedAccess] | None = None

    @property
    def rows(self) -> list[DelegatedAccess]:
        """The rows, oldest first."""
        if self._rows is not None:
            return self._rows
        return list(DelegatedAccess.objects.using(log_alias()).filter(pk__gt=self._after).order_by("pk"))

    def end(self) -> None:
        """Leave out what is recorded from now on."""
        self._rows = self.rows

    def assert_recorded(self, **fields: Any) -> DelegatedAccess:
        """Return the one row with these fields of DelegatedAccess; other rows may have been recorded too.

        Scopes compare without order. `actor_chain` may be a list of names, current actor first, or of the levels as
        they are stored. Raises AssertionError, which shows what was recorded instead, if no row or more than one has
        the fields, and TypeError for a name that is not a field.
        """
        __tracebackhide__ = True
        _check_names(fields)
        rows = self.rows
        matching = [row for row in rows if not _differences(row, fields)]
        if len(matching) == 1:
            return matching[0]
        found = f"{len(matching)} recorded calls have" if matching else "No recorded call has"
        raise AssertionError(f"{found} {_shown(fields)}.\n{self._listed(rows, fields)}")

    def assert_nothing_recorded(self, **fields: Any) -> None:
        """Assert that no row, or no row with these fields, was recorded. Raises AssertionError and TypeError."""
        __tracebackhide__ = True
        _check_names(fields)
        rows = self.rows
        if any(not _differences(row, fields) for row in rows):
            wanted = f"No call with {_shown(fields)}" if fields else "No call"
            raise AssertionError(f"{wanted} should have been recorded.\n{self._listed(rows, {})}")

    def _listed(self, rows: list[DelegatedAccess], fields: Mapping[str, Any]) -> str:
        if not rows:
            return NOTHING
        lines = [f"Recorded {self.since}:"]
        for number, row in enumerate(rows, 1):
            said = {name: getattr(row, name) for name in ALWAYS_SHOWN if getattr(row, name) and name not in fields}
            lines.append(f"  {number}. {row.method} {row.path} {row.status} {row.decision} {_shown(said)}".rstrip())
            lines += [
                f"     {name} is {getattr(row, name)!r}, not {fields[name]!r}" for name in _differences(row, fields)
            ]
        return "\n".join(lines)


@contextmanager
def recording() -> Iterator[Recording]:
    """Collect the rows that are recorded inside the block, for assertions inside and after it."""
    recorded = Recording()
    yield recorded
    recorded.end()


def assert_recorded(**fields: Any) -> DelegatedAccess:
    """Return the one row with these fields in the whole log, which Django empties before each test.

    If the test's database may hold older rows, use `recording` and `Recording.assert_recorded`.
    """
    __tracebackhide__ = True
    whole = Recording("in the log")
    whole._after = 0  # noqa: SLF001 - this module's own
    return whole.assert_recorded(**fields)


def _check_names(fields: Mapping[str, Any]) -> None:
    for name in fields:
        if name not in FIELDS:
            close = get_close_matches(name, FIELDS, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(FIELDS)}."
            raise TypeError(f"DelegatedAccess has no field {name!r}; {hint}")


def _differences(row: DelegatedAccess, fields: Mapping[str, Any]) -> list[str]:
    return [name for name, wanted in fields.items() if not _is_equal(name, wanted, getattr(row, name))]


def _is_equal(name: str, wanted: Any, recorded: Any) -> bool:
    if name in AS_SETS and isinstance(wanted, list | tuple | set | frozenset):
        return set(wanted) == set(recorded)
    if name == "actor_chain" and isinstance(wanted, list | tuple):
        levels = [{"sub": each} if isinstance(each, str) else each for each in wanted]
        names_only = all(isinstance(each, str) for each in wanted)
        return levels == ([{"sub": level["sub"]} for level in recorded] if names_only else recorded)
    return bool(wanted == recorded)


def _shown(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in fields.items())
