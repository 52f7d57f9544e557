"""A record of what the setup made at a tenant, so that `--destroy` removes exactly that. It contains no secrets."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from on_behalf_of.primitives.atomic_file import replace_file
from operations.auth0.change import Change, IdOf, resolved
from operations.auth0.errors import SetupError


@dataclass(frozen=True)
class Entry:
    """An object that was made, or an addition to an existing object."""

    kind: str  # a key of operation.REMOVALS
    name: str
    what: str  # as shown to people
    target: str = ""  # id; empty until the tenant has confirmed the creation
    body: Mapping[str, Any] = field(default_factory=dict)


class MadeFile:
    """The record of one tenant. Every change is written to disk at once."""

    def __init__(self, path: Path, domain: str) -> None:
        self._path, self._domain = path, domain
        self._entries: list[Entry] = []
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            self._entries = [Entry(**each) for each in document["made"]]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError):
            raise SetupError(
                f"{path} cannot be read. It records what the setup made at the tenant. Repair it, or move it away and "
                "remove those objects by hand."
            ) from None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def ids(self) -> dict[IdOf, str]:
        return {IdOf(each.kind, each.name): each.target for each in self._entries if each.target and not each.body}

    def begin(self, change: Change) -> None:
        """Record an object before it is requested, because the answer may be lost."""
        if change.makes:
            self._forget(change.makes)
            self._entries.append(Entry(change.makes.kind, change.makes.name, change.what))
            self._write()

    def give_up(self, change: Change) -> None:
        """Forget an object that the tenant refused to make."""
        if change.makes:
            self._forget(change.makes)
            self._write()

    def finish(self, change: Change, ids: Mapping[IdOf, str]) -> None:
        if change.makes:
            self._settle(change.makes, ids[change.makes])
        roles = {entry.target for entry in self._entries if entry.kind == "role"}
        for each in change.adds:
            target, body = resolved(each.target, ids), resolved(each.body, ids)
            if not roles & {target, *body.get("roles", ())}:  # deleting a role made here deletes its additions, too
                self._entries.append(Entry(each.kind, change.what, change.what, target, body))
        if change.makes or change.adds:
            self._write()

    def begun(self, ids: Mapping[IdOf, str]) -> set[IdOf]:
        """Return the objects that exist and that an earlier run requested without getting the answer."""
        return {IdOf(each.kind, each.name) for each in self._entries if not each.target} & ids.keys()

    def adopt(self, ids: Mapping[IdOf, str]) -> None:
        """Record those objects as made."""
        if begun := self.begun(ids):
            for key in begun:
                self._settle(key, ids[key])
            self._write()

    def remove(self, entry: Entry) -> None:
        self._entries.remove(entry)
        if self._entries:
            self._write()
        else:
            self._path.unlink(missing_ok=True)

    def _settle(self, key: IdOf, target: str) -> None:
        self._entries = [
            Entry(each.kind, each.name, each.what, target) if IdOf(each.kind, each.name) == key else each
            for each in self._entries
        ]

    def _forget(self, key: IdOf) -> None:
        self._entries = [each for each in self._entries if IdOf(each.kind, each.name) != key]

    def _write(self) -> None:
        document = {"domain": self._domain, "made": [asdict(each) for each in self._entries]}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(document, indent=2) + "\n")
        except OSError as error:
            raise SetupError(
                f"{self._path} cannot be written ({error.strerror}). Make its directory writable, or set STATE_DIR."
            ) from None
