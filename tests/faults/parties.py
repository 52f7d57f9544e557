"""One real process of the bridge between a tenant and an API that can be made to fail in any way."""

import json
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE
from tests.loopback_server import Received, Reply, serving
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import ALL_SCOPES, tools_call
from tests.on_behalf_of.mcp.served_bridge import ServedBridge, served_bridge, until

PATIENCE = 20.0  # seconds that a whole call has: more than any machine needs for a call that does not wait in vain
IMPATIENCE = 1.5  # likewise, where calls are meant to wait in vain
HEALING = 60.0  # seconds until calls succeed again; the breakers try once a second, and the machine may be busy
USERS = ("auth0|alice", "auth0|bob")


class Tenant(FakeTenant):
    """A tenant that remembers every token it signed, because none may appear anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.signed: list[str] = []
        self.forging: dict[str, Any] = {}  # how token B is signed, if it is to be signed wrongly

    def sign(self, claims: dict[str, Any], **how: Any) -> str:
        is_for_api = claims.get("aud") == API_AUDIENCE
        token = super().sign(claims, **(how | self.forging if is_for_api else how))
        self.signed.append(token)
        return token


class Door:
    """Where a party listens. It can be shut, as if the party's process had died, and opened again."""

    def __init__(self, party: FakeTenant | FakeApi) -> None:
        self.slowness = 0.0  # seconds before each answer
        self.repeats: int | None = None  # status of answers that repeat what came, credentials included
        self._party = party
        self._open: AbstractContextManager[str] = serving(self._respond)
        self.url = self._open.__enter__()

    def _respond(self, received: Received) -> Reply:
        reply = self._party.respond(received)
        if received.path.startswith("/.well-known/"):  # the keys are another matter
            return reply
        threading.Event().wait(self.slowness)
        if self.repeats:
            # The last first: those are the credentials, and only the beginning of a description is shown.
            sent = reversed(parse_qsl(received.body.decode()))
            return refusing(self.repeats, f"{received.headers.get('Authorization')} {list(sent)}")
        return reply

    def shut(self) -> None:
        self._open.__exit__(None, None, None)

    def open(self) -> None:
        self._open = serving(self._respond, urlsplit(self.url).port or 0)
        self._open.__enter__()


@dataclass(frozen=True)
class Answer:
    user: str
    status: int
    body: str
    seconds: float
    trace_id: str

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.body).get("result", {}) if self.status == 200 else {}
        return result

    @property
    def is_good(self) -> bool:
        """Return whether the answer is about this user."""
        return (self.result.get("structuredContent") or {}).get("subject") == self.user

    @property
    def text(self) -> str:
        """Return the message that the caller gets about a failure."""
        if self.status != 200:
            return f"HTTP {self.status}: {self.body}"
        return str(self.result["content"][0]["text"]) if self.result.get("isError") else ""


@dataclass
class Parties:
    tenant: Tenant
    api: FakeApi
    bridge: ServedBridge
    tenant_door: Door
    api_door: Door
    log: Path
    answers: list[Answer] = field(default_factory=list)
    to_be_recorded: list[tuple[Answer, str]] = field(default_factory=list)  # outcome and reason

    def token(self, user: str) -> str:
        """Return a new token A, which must be exchanged."""
        return self.tenant.token(aud=BRIDGE_AUDIENCE, scope=ALL_SCOPES, sub=user)

    def greet(self, user: str, token: str | None = None) -> Answer:
        trace_id, began = uuid.uuid4().hex, time.monotonic()
        headers = {
            "Authorization": f"Bearer {token or self.token(user)}",
            "Accept": "application/json, text/event-stream",
            "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01",
        }
        answer = requests.post(self.bridge.endpoint, json=tools_call("greet"), headers=headers, timeout=30)
        told = Answer(user, answer.status_code, answer.text, time.monotonic() - began, trace_id)
        self.answers.append(told)
        return told

    def all_greet(self) -> list[Answer]:
        """Call greet for all users in parallel. Return the answers."""
        told: list[Answer] = []
        threads = [threading.Thread(target=lambda user=user: told.append(self.greet(user))) for user in USERS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == len(USERS)
        return told

    def heal(self) -> None:
        """Call until one call succeeds, and check that then every user's call succeeds."""
        deadline = time.monotonic() + HEALING
        while not (answer := self.greet(USERS[0])).is_good:
            assert time.monotonic() < deadline, answer
            time.sleep(0.05)
        assert all(answer.is_good for answer in self.all_greet())

    def recorded(self, answer: Answer) -> tuple[str, str]:
        """Return outcome and reason from the bridge's record of the call, which is written shortly after the answer."""
        found: list[tuple[str, str]] = []

        def is_written() -> bool:
            with closing(sqlite3.connect(self.bridge.state_dir / "db.sqlite3", timeout=10)) as database:
                sql = "SELECT outcome, reason FROM obo_mcp_toolcall WHERE trace_id = ?"
                found[:] = database.execute(sql, [answer.trace_id]).fetchall()
            return bool(found)

        until(is_written, "the call is not recorded")
        assert len(found) == 1
        return found[0]

    def check_that_nothing_leaked(self) -> None:
        """Check that answers hold no token, secret or other user's name, and that the log holds no token or secret."""
        log = self.log.read_text()
        hidden = {part for token in self.tenant.signed for part in token.split(".")[1:]} | {CLIENT_SECRET}
        for answer in self.answers:
            assert [part for part in hidden if part in answer.body] == [], answer
            assert [user for user in USERS if user != answer.user and user in answer.body] == [], answer
        assert [part for part in hidden if part in log] == []
        assert "Traceback" not in log


@contextmanager
def running_parties(
    state_dir: Path, database: Path, *, timeout: float = PATIENCE, **settings: str
) -> Iterator[Parties]:
    """`database` has all tables, and is copied; `timeout` is the time of a whole call, in seconds."""
    shutil.copy(database, state_dir / "db.sqlite3")
    tenant, api, log = Tenant(), FakeApi(), state_dir / "bridge.log"
    tenant_door, api_door = Door(tenant), Door(api)
    tenant.url, api.url = f"{tenant_door.url}/", api_door.url
    try:
        with served_bridge(tenant, api, state_dir, log=log, UPSTREAM_TIMEOUT=str(timeout), **settings) as bridge:
            parties = Parties(tenant, api, bridge, tenant_door, api_door, log)
            parties.heal()  # the first call takes longer than others
            yield parties
    finally:
        tenant_door.shut()
        api_door.shut()


def refusing(status: int, description: str) -> Reply:
    """Refuse as an OAuth server and as Django REST framework do."""
    content = {"error": "access_denied", "error_description": description, "detail": description}
    return Reply(status, json.dumps(content).encode())
