"""What happens to work in a thread when its caller has gone."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.mcp.endpoint.worker import run_in_worker

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
