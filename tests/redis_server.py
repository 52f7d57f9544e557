"""A Redis server for tests, which they can stop, freeze and restart. It keeps no data."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from on_behalf_of.environment.shared_cache import SharedCache
from operations.stack import free_ports
from tests.groups import redis_program

KEY = b"k" * 32
START = 30.0  # seconds, on a busy machine


class RedisServer:
    def __init__(self) -> None:
        self.port = free_ports(1)[0]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = redis_program()
        assert program is not None
        self._process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START
        with self.client() as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError:
                    assert time.monotonic() < deadline, "Redis does not start"
                    time.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(30)

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server keeps its connections, and takes new ones, and says nothing."""
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    try:
        yield server
    finally:
        server.kill()


def own_prefix() -> str:
    """Return a prefix for one test's keys, because other tests may use the same server."""
    return f"test-{secrets.token_hex(6)}"


def cache_settings(url: str, prefix: str) -> dict[str, object]:
    """Return the cache settings of a service, for settings.CACHES."""
    return SharedCache(url, (KEY,), prefix).settings()
