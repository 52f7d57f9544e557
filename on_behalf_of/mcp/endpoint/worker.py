"""Run blocking work on a thread, report its progress, and interrupt it if the client goes away."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio
import anyio.lowlevel

from on_behalf_of.http_client.interruption import Interruption

PROGRESS_EVERY = 1.0  # seconds; quicker work is answered without a report

T = TypeVar("T")
Report = Callable[[float], Awaitable[None]]  # gets the seconds that have passed


async def run_in_worker(
    work: Callable[[], T], *, workers: ThreadPoolExecutor, interruption: Interruption, report: Report | None = None
) -> T:
    """Run `work` on a thread of `workers`; return what it returns, or raise what it raises.

    If this task is cancelled, `interruption` happens, and this function waits for the thread: no work continues in the
    background. Work that has not started by then is never started.
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
    await anyio.lowlevel.checkpoint_if_cancelled()  # if cancelled, there is no client left to answer
    if failure is not None:
        raise failure
    return result


async def _run(work: Callable[[], T], workers: ThreadPoolExecutor, interruption: Interruption) -> T:
    # Not anyio's threads: they can be awaited or abandoned, but not interrupted.
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
