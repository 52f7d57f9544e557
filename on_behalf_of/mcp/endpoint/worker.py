"""Blocking work in a thread, for a client that may be told how it goes, and that may go away."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio
import anyio.lowlevel

from on_behalf_of.http_client.interruption import Interruption

PROGRESS_EVERY = 1.0  # seconds; work that is quicker is answered without a word before

T = TypeVar("T")
Report = Callable[[float], Awaitable[None]]  # is given the seconds that have passed


async def run_in_worker(
    work: Callable[[], T], *, workers: ThreadPoolExecutor, interruption: Interruption, report: Report | None = None
) -> T:
    """What `work` returns or raises, from a thread of `workers`.

    Where this task is cancelled, `interruption` happens, and the thread is waited for: it is free again when this is
    over, and nothing goes on behind anybody's back. Work that had not begun by then never does.
    """
    if report is None:
        return await _run(work, workers, interruption)
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_tell, report)
        try:
            result = await _run(work, workers, interruption)
        except Exception as error:  # noqa: BLE001 - raised below: the group would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    await anyio.lowlevel.checkpoint_if_cancelled()  # then nobody is answered, not even that nobody was there
    if failure is not None:
        raise failure
    return result


async def _run(work: Callable[[], T], workers: ThreadPoolExecutor, interruption: Interruption) -> T:
    # anyio's own threads can be waited for or be given up, but not be told to hurry.
    running = workers.submit(contextvars.copy_context().run, work)
    try:
        return await asyncio.wrap_future(running)
    except asyncio.CancelledError:
        interruption.interrupt()
        if not running.cancelled():
            with anyio.CancelScope(shield=True):
                await asyncio.gather(asyncio.wrap_future(running), return_exceptions=True)
        raise


async def _tell(report: Report) -> None:
    began = time.monotonic()
    while True:
        await anyio.sleep(PROGRESS_EVERY)
        await report(time.monotonic() - began)
