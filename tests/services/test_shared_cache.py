"""Two bridges and two APIs on one PostgreSQL and one Redis: each user needs one exchange in total."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from tests.groups import POSTGRES_URL, REDIS_URL
from tests.redis_server import own_prefix
from tests.services.own_process import OwnProcess, own_process
from tests.services.running import Running, RunningOnPostgres

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"  # 0123…, in base64url


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOnPostgres]:
    name, prefix = f"shared_{uuid.uuid4().hex[:12]}", own_prefix()
    server, _, _ = POSTGRES_URL.rpartition("/")
    with psycopg.connect(POSTGRES_URL, autocommit=True) as owner, redis.Redis.from_url(REDIS_URL) as client:
        owner.execute(f"CREATE DATABASE {name}".encode())
        try:
            running = RunningOnPostgres(
                tmp_path_factory.mktemp("shared"),
                DATABASE_URL=f"{server}/{name}",
                CACHE_URL=REDIS_URL,
                CACHE_ENCRYPTION_KEYS=KEY,
                CACHE_KEY_PREFIX=prefix,
            )
            with running.up():
                yield running
        finally:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            for key in client.scan_iter(f"{prefix}:*"):
                client.delete(key)


@pytest.fixture(scope="module")
def bridges(shared: RunningOnPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two bridges, each with its own API."""
    logs: Path = tmp_path_factory.mktemp("logs")
    with ExitStack() as stack:
        second_api: OwnProcess = stack.enter_context(own_process("api", shared, logs / "api.log"))
        second = stack.enter_context(own_process("bridge", shared, logs / "b.log", API_BASE_URL=second_api.url))
        yield [shared.mcp, f"{second.url}/mcp"]


def greet(shared: Running, endpoint: str, token: str) -> str:
    answer = shared.call("greet", token, endpoint=endpoint).json()["result"]
    assert not answer.get("isError"), answer
    return str(answer["structuredContent"]["subject"])


def test_each_user_needs_one_exchange_in_total(shared: RunningOnPostgres, bridges: list[str]) -> None:
    subjects = [f"auth0|{uuid.uuid4().hex}" for _ in range(6)]
    shared.make_users(subjects)
    tokens = {subject: shared.subject_token(subject) for subject in subjects}
    calls = [(subject, bridges[number % 2]) for number in range(8) for subject in subjects]
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda call: greet(shared, call[1], tokens[call[0]]), calls))
    assert seen == [subject for subject, _ in calls]
    assert [shared.exchanges(subject) for subject in subjects] == [1] * 6
    assert [len(shared.audit(subject=subject)) for subject in subjects] == [8] * 6  # one row for each call
