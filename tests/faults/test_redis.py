"""Redis dies or hangs under a real bridge while users call."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import requests

from tests.faults import table
from tests.faults.parties import PATIENCE, USERS, Parties, running_parties
from tests.on_behalf_of.mcp.running_bridge import tools_call
from tests.on_behalf_of.mcp.served_bridge import served_bridge, until
from tests.redis_server import RedisServer, running_redis

pytestmark = [pytest.mark.processes, pytest.mark.redis_server]

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"  # 0123…, in base64url
BOUND = PATIENCE / 2  # seconds; a cache that hangs is waited for twice for a quarter of a second, on a quiet machine


@contextmanager
def killed(server: RedisServer) -> Iterator[None]:
    server.kill()
    try:
        yield
    finally:
        server.start()


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory, migrated: Path, redis_server: RedisServer) -> Iterator[Parties]:
    state_dir = tmp_path_factory.mktemp("redis")
    with running_parties(state_dir, migrated, CACHE_URL=redis_server.url, CACHE_ENCRYPTION_KEYS=KEY) as parties:
        yield parties


@pytest.mark.parametrize("outage", [killed, RedisServer.frozen])
def test_no_call_fails_during_a_redis_outage_and_redis_is_used_again_afterwards(
    outage: Callable[[RedisServer], AbstractContextManager[None]], parties: Parties, redis_server: RedisServer
) -> None:
    parties.answers.clear()
    with outage(redis_server):
        for _ in range(6):
            parties.all_greet()
    assert [answer for answer in parties.answers if not answer.is_good or answer.seconds > BOUND] == []
    with redis_server.client() as client:
        client.flushall()

        def is_used() -> bool:
            assert parties.greet(USERS[0]).is_good
            return bool(client.dbsize())

        until(is_used, "tokens are not shared again")
    parties.check_that_nothing_leaked()


def test_all_bridges_leave_a_throttling_tenant_alone(
    parties: Parties, migrated: Path, redis_server: RedisServer, tmp_path: Path
) -> None:
    """This must be the module's last test, because its bridges then do not call the tenant for half a minute."""
    shutil.copy(migrated, tmp_path / "db.sqlite3")
    with served_bridge(
        parties.tenant, parties.api, tmp_path, CACHE_URL=redis_server.url, CACHE_ENCRYPTION_KEYS=KEY
    ) as second:
        before = len(parties.tenant.forms)
        with table.answering(table.the_tenant, 429, headers={"Retry-After": "30"})(parties):
            assert "Try again in 30 seconds" in parties.greet(USERS[0]).text
        for number in range(5):
            headers = second.headers(sub=f"auth0|user-{number}")
            answer = requests.post(second.endpoint, json=tools_call("greet"), headers=headers, timeout=30)
            assert "it allows no more exchanges at the moment" in answer.text
        assert len(parties.tenant.forms) == before + 1
