"""Half an hour of a deployment in five minutes: do answers stay correct, and does memory stay constant?

Two bridge and two API processes on PostgreSQL and Redis of their own, 500 users, and 20 tokens for each of them, as in
half an hour with tokens that are of use for 90 seconds. Here that is 15 seconds. A token is of use to the bridge's
caches until 30 seconds before its end (`MARGIN`), which cannot be compressed, so each token lives 45 seconds and its
user renews it after 15. `SECONDS=60 make bench ONLY=soak` is shorter, with as many tokens a second.

The load is paced, because this measures duration, not speed. Callers come on connections that end after a while, some
hang up in the middle of a call, and some bring a token that is past its end and must be refused.
"""

import asyncio
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from config.service_command import service_command
from operations.stack import free_ports, local_environment
from tests.bench.load import read_answer, request
from tests.bench.processes import process
from tests.bench.quick_tenant import quick_tenant
from tests.bench.soak_figures import Figures, told
from tests.groups import GROUPS
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.postgres_server import running_postgres
from tests.redis_server import running_redis

USERS = 500
RENEWED = 15.0  # seconds after which a user's client has a new token
LIVES = 45  # seconds until a token's end
RATE = 60.0  # calls a second
CALLERS = 16  # connections at a time
CALLS = 40  # on one connection
HANG_UP, PAST_ITS_END = 0.01, 0.02  # parts of the calls
PATIENCE = 30.0  # seconds for an answer
EVERY = 5.0  # seconds between looks at the processes
CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "greet", "arguments": {}}})
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"  # 0123…, in base64url


def measure() -> bool:
    """Return whether every answer was correct."""
    if missing := [GROUPS[name] for name in ("postgres_server", "redis_server") if GROUPS[name].is_missing()]:
        print(f"  left out. {missing[0].how_to_enable}")
        return True
    seconds = float(os.environ.get("SECONDS", "300"))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as running:
        state = Path(folder)
        ports = dict(zip(("tenant", "api", "bridge"), free_ports(3), strict=True))
        redis_server, postgres = running.enter_context(running_redis()), running.enter_context(running_postgres())
        database = running.enter_context(databases.scratch_postgres(postgres.url))
        environment = local_environment(ports, state) | {
            "DEBUG": "false",
            "DATABASE_URL": database,
            "CACHE_URL": redis_server.url,
            "CACHE_ENCRYPTION_KEYS": KEY,
            "OAUTH_ISSUER": f"http://127.0.0.1:{ports['tenant']}/",
            "MCP_AUTH0_CLIENT_ID": "bench-bridge",
            "MCP_AUTH0_CLIENT_SECRET": "bench-bridge-secret",
        }
        issuer = running.enter_context(quick_tenant(ports["tenant"], state))
        for name in ("api", "bridge"):
            command, variables = service_command(name, port=ports[name], workers=2)
            url = f"http://127.0.0.1:{ports[name]}/healthz"
            running.enter_context(process(command, variables | environment, ready=url))
        soak = Soak(issuer, environment["AUTH0_AUDIENCE"], ports["bridge"], seconds)
        figures = Figures({"bridge": ports["bridge"], "api": ports["api"]}, database, redis_server.url)
        asyncio.run(soak.run(figures))
        print(soak)
        print(told(figures, issuer.url), flush=True)
        return not soak.wrong


@dataclass
class Soak:
    issuer: Issuer
    audience: str
    port: int
    seconds: float
    times: list[float] = field(default_factory=list)  # milliseconds
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    _chance: random.Random = field(default_factory=lambda: random.Random(20_261_124))  # noqa: S311 - who calls when
    _tokens: dict[int, tuple[int, str]] = field(default_factory=dict)  # user -> which of theirs it is, and the token

    def __str__(self) -> str:
        spread = statistics.quantiles(self.times, n=100)
        return (
            f"  {len(self.times):,} answers in {self.seconds:.0f} s, p50 {spread[49]:.1f} ms, p99 {spread[98]:.1f} ms\n"
            f"  {dict(self.kinds)}\n"
            f"  wrong answers: {self.wrong.total()} {dict(self.wrong) if self.wrong else ''}"
        )

    async def run(self, figures: Figures) -> None:
        self._ends = time.monotonic() + self.seconds
        self._next = time.monotonic()
        looking = asyncio.create_task(self._look(figures))
        await asyncio.gather(*(self._caller() for _ in range(CALLERS)))
        await looking

    async def _look(self, figures: Figures) -> None:
        while time.monotonic() < self._ends:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(figures.take)

    async def _caller(self) -> None:
        while time.monotonic() < self._ends:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                for _ in range(CALLS):
                    if not await self._call(reader, writer):
                        break
            except (OSError, asyncio.IncompleteReadError) as error:
                self.wrong[f"no answer: {type(error).__name__}"] += 1
            finally:
                writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Make one call. Return whether the connection can be used again."""
        self._next += 1 / RATE
        await asyncio.sleep(self._next - time.monotonic())
        if time.monotonic() >= self._ends:
            return False
        user, kind = self._chance.randrange(USERS), self._chance.random()
        is_past = kind < PAST_ITS_END
        token = self._sign(user, -LIVES) if is_past else self._token(user)
        began = time.perf_counter()
        writer.write(request("POST", "/mcp", token=token, body=CALL.encode(), headers=HEADERS))
        if kind > 1 - HANG_UP:
            self.kinds["hung up"] += 1
            return False
        try:
            status, body = await asyncio.wait_for(read_answer(reader), PATIENCE)
        except TimeoutError:
            self.wrong[f"no answer within {PATIENCE:.0f} s"] += 1
            return False
        self.times.append((time.perf_counter() - began) * 1_000)
        self.kinds[f"{status}{' past its end' if is_past else ''}"] += 1
        if not (status == 401 and b"auth0|" not in body if is_past else status == 200 and _is_about(user, body)):
            self.wrong[f"{status} {body[:300]!r}"] += 1
        return True

    def _token(self, user: int) -> str:
        """Return the user's current token. Users renew their tokens at different times."""
        number = int((time.monotonic() + user * RENEWED / USERS) / RENEWED)
        if self._tokens.get(user, (None, ""))[0] != number:
            self._tokens[user] = number, self._sign(user, LIVES)
        return self._tokens[user][1]

    def _sign(self, user: int, seconds: int) -> str:
        now = int(time.time())
        return self.issuer.token(
            aud=self.audience, sub=_name(user), scope="tool:greet", iat=now - 2 * LIVES, exp=now + seconds
        )


def _name(user: int) -> str:
    return f"auth0|user-{user:03}"


def _is_about(user: int, body: bytes) -> bool:
    """Return whether the answer names this user and no other."""
    result = json.loads(body)["result"]
    subject = (result.get("structuredContent") or {}).get("subject")
    return subject == _name(user) and body.count(b"auth0|") == body.count(_name(user).encode())
