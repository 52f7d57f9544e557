"""Run blocking work on a thread, report its progress, and interrupt it if the client goes away."""

import asyncio
import contextvars
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Generic, Protocol, TypeVar

import anyio
import anyio.lowlevel

from on_behalf_of.http_client.interruption import Interruption

PROGRESS_EVERY = 1.0  # seconds; quicker work is answered without a report

T = TypeVar("T")


class Workers(Protocol):
    """Threads, such as WorkerThreads."""

    def submit(self, work: Callable[[], None], /) -> object: ...


Report = Callable[[float], Awaitable[None]]  # gets the seconds that have passed


async def run_in_worker(
    work: Callable[[], T], *, workers: Workers, interruption: Interruption, report: Report | None = None
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


async def _run(work: Callable[[], T], workers: Workers, interruption: Interruption) -> T:
    # Not anyio's threads: they can be awaited or abandoned, but not interrupted.
    job = _Job(work)
    workers.submit(job)
    try:
        return await job.result
    except asyncio.CancelledError:
        interruption.interrupt()
        if not job.claim():
            with anyio.CancelScope(shield=True):
                await job.end()
        raise


class _Job(Generic[T]):
    """Work for a thread. All but the call itself belongs to the event loop."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._context = contextvars.copy_context()
        self._claimed = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self.result: asyncio.Future[T] = self._loop.create_future()
        self._is_over = False
        self._end: asyncio.Future[None] | None = None

    def claim(self) -> bool:
        """Return whether the caller is the first to claim the work: the thread, to do it, or the loop, to drop it."""
        return self._claimed.acquire(blocking=False)

    def __call__(self) -> None:
        if not self.claim():
            return
        try:
            result = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            self._tell(partial(self.result.set_exception, error))
        else:
            self._tell(partial(self.result.set_result, result))

    def _tell(self, settle: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed, so the process ends
            self._loop.call_soon_threadsafe(self._settle, settle)

    def _settle(self, settle: Callable[[], None]) -> None:
        self._is_over = True
        if not self.result.done():  # it is cancelled if its caller has gone
            settle()
        if self._end is not None and not self._end.done():
            self._end.set_result(None)

    async def end(self) -> None:
        """Wait until the thread has done the work."""
        if not self._is_over:
            self._end = self._loop.create_future()
            await self._end


async def _tell(report: Report) -> None:
    began = time.monotonic()
    while True:
        await anyio.sleep(PROGRESS_EVERY)
        await report(time.monotonic() - began)
