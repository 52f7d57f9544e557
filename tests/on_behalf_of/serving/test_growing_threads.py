"""Threads are added while work blocks, and end again while the process is busy without them."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from on_behalf_of.serving import growing_threads
from on_behalf_of.serving.growing_threads import Call, GrowingThreads, Work

pytestmark = pytest.mark.anyio
PATIENCE = 60.0  # seconds, on a busy machine


class Waiting:
    """A caller who never hangs up."""

    async def client_disconnect(self) -> None:
        await asyncio.Event().wait()


def blocking(released: threading.Event) -> Work:
    def work(call: Call, *, is_too_late: bool) -> None:
        call.complete(released.wait(PATIENCE))

    return work


def busy(call: Call, *, is_too_late: bool) -> None:
    ends_at = time.thread_time() + 0.005
    while time.thread_time() < ends_at:
        pass
    call.complete(None)


async def until(condition: Callable[[], bool], *, meanwhile: Callable[[], Any] = lambda: asyncio.sleep(0.01)) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await meanwhile()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> GrowingThreads:
    monkeypatch.setattr(growing_threads, "RETIRE_AFTER", 0.1)
    monkeypatch.setattr(growing_threads, "FULL", 0.5)  # this machine may be busy with other things
    monkeypatch.setattr(growing_threads, "BUSY", 0.4)
    return GrowingThreads(4)


def number_of(threads: GrowingThreads) -> int:
    return len([each for each in threading.enumerate() if each in threads._threads])


async def test_threads_come_while_work_blocks_and_go_while_the_process_is_busy(threads: GrowingThreads) -> None:
    released = threading.Event()
    blocked = [asyncio.create_task(threads.run(blocking(released), Waiting())) for _ in range(5)]
    await until(lambda: number_of(threads) == 4)
    released.set()
    assert await asyncio.gather(*blocked) == [True] * 5

    async def work_on() -> None:
        await asyncio.gather(*(threads.run(busy, Waiting()) for _ in range(8)))

    await until(lambda: number_of(threads) == 1, meanwhile=work_on)
    threads.stop()
    assert number_of(threads) == 0


async def test_work_that_was_given_is_done_before_the_threads_end(threads: GrowingThreads) -> None:
    given = [asyncio.create_task(threads.run(busy, Waiting())) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(threads.stop)
    assert await asyncio.gather(*given) == [None] * 20


async def test_a_failure_is_raised_where_the_result_is_awaited(threads: GrowingThreads) -> None:
    def work(call: Call, *, is_too_late: bool) -> None:
        raise ValueError("the work failed")

    with pytest.raises(ValueError, match="the work failed"):
        await threads.run(work, Waiting())
    threads.stop()
