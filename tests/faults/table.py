"""The rows of the table, and how to cause the fault of each row."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.parties import USERS, Door, Parties
from tests.issuer import rsa_key
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi

Fault = Callable[[Parties], AbstractContextManager[None]]


@dataclass(frozen=True)
class Row:
    """What two users see if they call at the same time, each with a new token."""

    fault: Fault
    told: str  # a regular expression; empty where the call succeeds all the same
    record: str  # outcome and reason, as the bridge's record has them
    exchanges: int = 1  # requests to the token endpoint for each call, at most
    calls: int = 1  # requests to the API for each call, at most


def the_tenant(parties: Parties) -> tuple[FakeTenant, Door]:
    return parties.tenant, parties.tenant_door


def the_api(parties: Parties) -> tuple[FakeApi, Door]:
    return parties.api, parties.api_door


Party = Callable[[Parties], tuple[FakeTenant, Door] | tuple[FakeApi, Door]]


def dead(party: Party) -> Fault:
    """A party on whose port no process listens."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        _, door = party(parties)
        door.shut()
        try:
            yield
        finally:
            door.open()

    return fault


def hanging(party: Party) -> Fault:
    """A party that accepts the request and never answers."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        who, _ = party(parties)
        who.may_answer.clear()
        try:
            yield
        finally:
            who.may_answer.set()

    return fault


def slow(party: Party, seconds: float) -> Fault:
    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        _, door = party(parties)
        door.slowness = seconds
        try:
            yield
        finally:
            door.slowness = 0.0

    return fault


def answering(party: Party, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Fault:
    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        who, _ = party(parties)
        who.reply = Reply(status, body, headers or {})
        try:
            yield
        finally:
            who.reply = None

    return fault


def answering_once(party: Party, status: int, headers: dict[str, str] | None = None) -> Fault:
    """Answer each caller once with a failure; then work normally."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        who, _ = party(parties)
        who.first_for = {user: Reply(status, b"", headers or {}) for user in USERS}
        yield
        assert who.first_for == {}

    return fault


def repeating(party: Party, status: int) -> Fault:
    """Echo the request, including credentials."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        _, door = party(parties)
        door.repeats = status
        try:
            yield
        finally:
            door.repeats = None

    return fault


def handing_out(answer: dict[str, Any] | None = None, /, **claims: Any) -> Fault:
    """Return token B with other claims, or a response with other members."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        parties.tenant.token_changes, parties.tenant.answer_changes = claims, answer or {}
        try:
            yield
        finally:
            parties.tenant.token_changes, parties.tenant.answer_changes = {}, {}

    return fault


def signing(key: str, **header: Any) -> Fault:
    """Return token B signed with an unpublished key, under its own or another key id."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        parties.tenant.forging = {"key": rsa_key(key), **header}
        try:
            yield
        finally:
            parties.tenant.forging = {}

    return fault
