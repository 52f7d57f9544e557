"""Blocking work in a thread, for a client that may be told how it goes, and that may go away."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from resource_server.interruption import Interruption

PROGRESS_EVERY = 1.0  # seconds; work that is quicker is answered without a word before

T = TypeVar("T")
Report = Callable[[float], Awaitable[None]]  # is given the seconds that have passed


async def run_in_worker(
    work: Callable[[], T], *, limiter: anyio.CapacityLimiter, interruption: Interruption, report: Report
) -> T:
    """What `work` returns or raises, from a thread of `limiter`.

    Where this task is cancelled, `interruption` happens, and the thread is waited for: it is free again when this is
    over, and nothing goes on behind anybody's back.
    """

    async def attend() -> None:
        began = time.monotonic()
        try:
            while True:
                await anyio.sleep(PROGRESS_EVERY)
                await report(time.monotonic() - began)
        finally:
            interruption.interrupt()  # after the work it has no one to wake

    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(attend)
        try:
            result = await anyio.to_thread.run_sync(work, limiter=limiter)
        except Exception as error:  # noqa: BLE001 - raised below: the group would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    await anyio.lowlevel.checkpoint_if_cancelled()  # then nobody is answered, not even that nobody was there
    if failure is not None:
        raise failure
    return result
