"""What happens to work in a thread when its caller has gone."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import anyio
import pytest

from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.mcp.endpoint.worker import run_in_worker
from on_behalf_of.mcp.endpoint.worker_threads import WorkerThreads

pytestmark = pytest.mark.anyio
PATIENCE = 30  # seconds


@pytest.fixture
def one_worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as workers:
        yield workers


async def test_queued_work_is_not_started_once_its_caller_has_gone(
    one_worker: ThreadPoolExecutor,
) -> None:
    may_end, began = threading.Event(), threading.Event()
    one_worker.submit(may_end.wait, PATIENCE)
    interruption = Interruption()
    with anyio.move_on_after(0.05) as gone:
        await run_in_worker(began.set, workers=one_worker, interruption=interruption)
    assert gone.cancelled_caught
    assert interruption.has_happened
    may_end.set()
    one_worker.submit(lambda: None).result(PATIENCE)  # the thread has come past it
    assert not began.is_set()


async def test_started_work_is_interrupted_and_awaited(one_worker: ThreadPoolExecutor) -> None:
    told, ended = threading.Event(), threading.Event()
    interruption = Interruption()

    def work() -> None:
        with interruption.waking(told.set):
            assert told.wait(PATIENCE)
        ended.set()
        raise RuntimeError("nobody is there to hear of it")

    with anyio.move_on_after(0.05) as gone:
        await run_in_worker(work, workers=one_worker, interruption=interruption)
    assert gone.cancelled_caught
    assert ended.is_set()


async def test_results_and_exceptions_reach_the_caller(one_worker: ThreadPoolExecutor) -> None:
    def fail() -> None:
        raise LookupError

    assert await run_in_worker(lambda: 1, workers=one_worker, interruption=Interruption()) == 1
    with pytest.raises(LookupError):
        await run_in_worker(fail, workers=one_worker, interruption=Interruption())


async def test_after_queued_work_was_dropped_its_thread_does_the_next(one_worker: ThreadPoolExecutor) -> None:
    may_end = threading.Event()
    one_worker.submit(may_end.wait, PATIENCE)
    with anyio.move_on_after(0.05):
        await run_in_worker(int, workers=one_worker, interruption=Interruption())
    may_end.set()
    assert await run_in_worker(lambda: 2, workers=one_worker, interruption=Interruption()) == 2


def test_a_thread_is_started_only_while_no_other_one_is_idle() -> None:
    workers, names, done = WorkerThreads(2, "test"), list[str](), threading.Semaphore(0)

    def tell() -> None:
        names.append(threading.current_thread().name)
        done.release()

    for _ in range(20):  # one after the other
        workers.submit(tell)
        assert done.acquire(timeout=PATIENCE)
        _until(lambda: workers._idle == 1)
    assert set(names) == {"test-1"}
    workers.stop()


def test_work_waits_while_all_threads_are_busy() -> None:
    workers, begun, may_end = WorkerThreads(2, "test"), threading.Semaphore(0), threading.Event()

    def work() -> None:
        begun.release()
        may_end.wait(PATIENCE)

    for _ in range(3):
        workers.submit(work)
    assert begun.acquire(timeout=PATIENCE)
    assert begun.acquire(timeout=PATIENCE)
    assert not begun.acquire(timeout=0.05)
    may_end.set()
    assert begun.acquire(timeout=PATIENCE)
    workers.stop()


def test_stopped_threads_do_what_was_submitted_and_end() -> None:
    workers, may_end, done = WorkerThreads(1, "test to stop"), threading.Event(), threading.Event()
    workers.submit(partial(may_end.wait, PATIENCE))
    workers.submit(done.set)
    workers.stop()
    may_end.set()
    assert done.wait(PATIENCE)
    _until(lambda: not any(thread.name.startswith("test to stop") for thread in threading.enumerate()))


def test_work_that_comes_after_the_end_is_done_too() -> None:
    workers, done = WorkerThreads(1, "test"), threading.Semaphore(0)
    workers.submit(done.release)
    assert done.acquire(timeout=PATIENCE)
    workers.stop()
    workers.submit(done.release)
    assert done.acquire(timeout=PATIENCE)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
