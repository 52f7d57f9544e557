"""Redis and PostgreSQL fail under real processes while users call."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from config.stack import SERVICES
from tests.audit.postgres_server import PostgresServer, running_postgres
from tests.faults.calling import Callers, check
from tests.faults.parties import USERS, Parties, running_parties
from tests.mcp_bridge.served_bridge import until
from tests.redis_server import RedisServer, running_redis
from tests.services.running import Running, RunningOnPostgres

pytestmark = pytest.mark.processes

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"  # 0123…, in base64url
TIMEOUT = 3.0  # seconds that a tool call has
BOUND = TIMEOUT + 2.0  # and two for a busy machine
REDIS_BOUND = 1.5  # a cache that hangs is waited for twice for a quarter of a second


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
def parties(
    tmp_path_factory: pytest.TempPathFactory, prepared_state: Path, redis_server: RedisServer
) -> Iterator[Parties]:
    settings = {"CACHE_URL": redis_server.url, "CACHE_ENCRYPTION_KEYS": KEY}
    with running_parties(tmp_path_factory.mktemp("redis"), prepared_state, **settings) as parties:
        yield parties


@pytest.mark.redis_server
@pytest.mark.parametrize("outage", [killed, RedisServer.frozen])
def test_no_call_fails_while_redis_is_out_and_it_is_used_again_afterwards(
    outage: Callable[[RedisServer], AbstractContextManager[None]], parties: Parties, redis_server: RedisServer
) -> None:
    parties.heal()
    parties.answers.clear()
    with outage(redis_server):
        for _ in range(6):
            parties.all_greet()
    assert [answer for answer in parties.answers if not answer.is_good or answer.seconds > REDIS_BOUND] == []
    with redis_server.client() as client:
        client.flushall()

        def is_used() -> bool:
            assert parties.greet(USERS[0]).is_good
            return bool(client.dbsize())

        until(is_used, "tokens are not shared again")
    parties.check_that_nothing_leaked()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def services(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All three on one database: the tenant's, the API's and the bridge's records go with it."""
    own = RunningOnPostgres(
        tmp_path_factory.mktemp("postgres"),
        DATABASE_URL=postgres.url,
        UPSTREAM_TIMEOUT=str(TIMEOUT),
        MCP_AUTH0_CLIENT_ID="local-mcp-bridge",
        MCP_AUTH0_CLIENT_SECRET="a-secret-that-nobody-may-see-anywhere",
    )
    with own.up() as services:
        services.make_users(USERS)
        yield services


@pytest.mark.postgres_server
def test_a_database_that_is_restarted_under_load_costs_calls_and_never_a_wrong_answer(
    services: Running, postgres: PostgresServer
) -> None:
    with Callers(services, list(USERS)).at_work() as callers:
        callers.wait_for(callers.all_are_well)
        postgres.stop()
        callers.wait_for(lambda calls: sum(not call.is_good for call in calls) >= len(USERS))
        postgres.start()
        callers.wait_for(callers.all_are_well)
    check(callers, services, bound=BOUND, logs=[services.stack.log(name) for name in SERVICES])
