"""Put load on a local server: a number of connections, each with one request at a time, for a bounded time."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CONTENT_LENGTH = b"content-length:"
CHUNKED = b"transfer-encoding: chunked"


@dataclass
class Load:
    """The results. Times are in milliseconds."""

    seconds: float = 0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    processor_time: float = 0  # of the server, for each answer; a busy machine disturbs it least
    failures: Counter[str] = field(default_factory=Counter)  # of answers that should have been others

    @property
    def rate(self) -> float:
        """Return answers per second."""
        return len(self.times) / self.seconds

    def percentile(self, part: int) -> float:
        return statistics.quantiles(self.times, n=100)[part - 1] if len(self.times) > 1 else 0.0

    def __str__(self) -> str:
        bad = f", {dict(self.failures)}" if self.failures else ""
        return (
            f"{self.rate:6.0f}/s, p50 {self.percentile(50):5.1f} ms, p99 {self.percentile(99):6.1f} ms, "
            f"longest {max(self.times, default=0):6.1f} ms, "
            f"{self.processor_time:5.2f} ms of processor time a call{bad}"
        )


def request(method: str, path: str, *, token: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """Return a request as it is sent over the wire."""
    lines = {
        "Host": "localhost:80",
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        **(headers or {}),
    }
    if body:
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def put_under_load(
    port: int,
    next_request: Callable[[], bytes],
    *,
    connections: int,
    seconds: float,
    is_good: Callable[[int, bytes], bool],
) -> Load:
    """Call `next_request` for every request, from one thread only. The load ends early when it raises StopIteration.

    Every request that was sent is answered before this returns.
    """

    def requests() -> Iterator[bytes]:  # a coroutine must not raise StopIteration
        while True:
            try:
                yield next_request()
            except StopIteration:
                return

    return asyncio.run(_put(port, requests(), connections, seconds, is_good))


async def _put(
    port: int,
    requests: Iterator[bytes],
    connections: int,
    seconds: float,
    is_good: Callable[[int, bytes], bool],
) -> Load:
    load = Load()
    began = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.perf_counter() - began < seconds and (sent := next(requests, None)):
                asked = time.perf_counter()
                writer.write(sent)
                status, body = await read_answer(reader)
                load.times.append((time.perf_counter() - asked) * 1_000)
                load.statuses[status] += 1
                if not is_good(status, body):
                    load.failures[f"{status} {body[:80]!r}"] += 1
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    load.seconds = time.perf_counter() - began
    return load


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the status and the body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    if CHUNKED in head:
        return status, await _chunks(reader)
    for line in head.split(b"\r\n")[1:]:
        if line.startswith(CONTENT_LENGTH):
            return status, await reader.readexactly(int(line[len(CONTENT_LENGTH) :]))
    raise ValueError("an answer whose length is not known")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
