"""What the setup made at a tenant, on file, so that this can be taken away again and nothing else. No secrets there."""

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
    """One thing that was made, or one addition to something that was there before."""

    kind: str  # one of those in operation.TAKING_AWAY
    name: str
    what: str  # for people
    target: str = ""  # id; empty while it is not known whether it was made
    body: Mapping[str, Any] = field(default_factory=dict)


class MadeFile:
    """The entries of one tenant. Each change is on the disk before it is acted upon."""

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
                f"{path} cannot be read. It says what the setup made at the tenant: mend it, or move it away and "
                "remove by hand what has to go."
            ) from None

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def ids(self) -> dict[IdOf, str]:
        return {IdOf(each.kind, each.name): each.target for each in self._entries if each.target and not each.body}

    def begin(self, change: Change) -> None:
        """Before the request, whose answer may be lost while the thing is made."""
        if change.makes:
            self._forget(change.makes)
            self._entries.append(Entry(change.makes.kind, change.makes.name, change.what))
            self._write()

    def give_up(self, change: Change) -> None:
        """The tenant said no."""
        if change.makes:
            self._forget(change.makes)
            self._write()

    def finish(self, change: Change, ids: Mapping[IdOf, str]) -> None:
        if change.makes:
            self._settle(change.makes, ids[change.makes])
        roles = {entry.target for entry in self._entries if entry.kind == "role"}
        for each in change.adds:
            target, body = resolved(each.target, ids), resolved(each.body, ids)
            if not roles & {target, *body.get("roles", ())}:  # a role that was made here takes all along when it goes
                self._entries.append(Entry(each.kind, change.what, change.what, target, body))
        if change.makes or change.adds:
            self._write()

    def begun(self, ids: Mapping[IdOf, str]) -> set[IdOf]:
        """What is there, and was made here by a run that never heard so."""
        return {IdOf(each.kind, each.name) for each in self._entries if not each.target} & ids.keys()

    def adopt(self, ids: Mapping[IdOf, str]) -> None:
        """Take what was begun and is there for what it is."""
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
                f"{self._path} cannot be written ({error.strerror}): make its directory writable, or set STATE_DIR."
            ) from None
