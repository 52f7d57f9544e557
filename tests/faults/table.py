"""What a row of the table says, and how the fault of each row is made."""

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
    """What two users are told who call at the same time, each with a new token."""

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
    """Nobody listens there."""

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
    """Takes the request and says nothing."""

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
    """To each of the callers; then all is well."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        who, _ = party(parties)
        who.first_for = {user: Reply(status, b"", headers or {}) for user in USERS}
        yield
        assert who.first_for == {}

    return fault


def repeating(party: Party, status: int) -> Fault:
    """Answers with what it was sent, credentials included."""

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
    """Token B with other claims, or an answer around it with other members."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        parties.tenant.token_changes, parties.tenant.answer_changes = claims, answer or {}
        try:
            yield
        finally:
            parties.tenant.token_changes, parties.tenant.answer_changes = {}, {}

    return fault


def signing(key: str, **header: Any) -> Fault:
    """Token B signed with a key that the tenant does not publish, under that key's name or another one."""

    @contextmanager
    def fault(parties: Parties) -> Iterator[None]:
        parties.tenant.forging = {"key": rsa_key(key), **header}
        try:
            yield
        finally:
            parties.tenant.forging = {}

    return fault
