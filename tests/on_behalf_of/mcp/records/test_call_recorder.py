"""Records are best effort: neither a full queue nor a dead database delays or fails a call."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.mcp.records.call_recorder import BATCH, CallRecorder
from tests.on_behalf_of.mcp.running_bridge import RunningBridge


def records(number: int) -> list[CallRecord]:
    """Return records; the recorder never reads their content."""
    return [cast("CallRecord", each) for each in range(number)]


class Database:
    """Takes batches, fails, or hangs, as told."""

    def __init__(self) -> None:
        self.batches: list[list[CallRecord]] = []
        self.is_down = False
        self.was_asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def write(self, batch: Sequence[CallRecord]) -> None:
        self.was_asked.set()
        self.may_answer.wait(30)
        if self.is_down:
            raise OSError("connection refused by postgres://user:password@host")
        self.batches.append(list(batch))


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    yield database
    database.may_answer.set()


def test_records_are_written_in_batches_and_the_rest_at_shutdown(database: Database) -> None:
    recorder = CallRecorder(database.write, linger=5)
    recorder.start()
    for record in records(2 * BATCH + 7):
        recorder.put(record)
    recorder.stop()
    assert [len(batch) for batch in database.batches] == [BATCH, BATCH, 7]


def test_a_complete_batch_does_not_wait_for_more(database: Database) -> None:
    recorder = CallRecorder(database.write, linger=600)
    recorder.start()
    for record in records(BATCH + 1):
        recorder.put(record)
    assert database.was_asked.wait(60)
    recorder.stop()
    assert sum(map(len, database.batches)) == BATCH + 1


def test_a_full_queue_drops_records_without_delay(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    database.may_answer.clear()
    recorder = CallRecorder(database.write, capacity=10, linger=0)
    recorder.start()
    recorder.put(records(1)[0])
    assert database.was_asked.wait(60)
    for record in records(1_000):
        recorder.put(record)  # had it waited, it would have found room
    database.may_answer.set()
    recorder.stop()
    assert sum(map(len, database.batches)) == 11
    assert [record.getMessage() for record in caplog.records] == [
        "Tool calls cannot be recorded (the queue is full); they are served anyway.",
        "Tool calls are recorded again; 990 were lost.",
    ]


def test_an_outage_is_logged_once_with_the_number_of_lost_records_at_its_end(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = CallRecorder(database.write, linger=0)
    recorder.start()
    for is_down in (True, True, False, False, True):
        database.is_down = is_down
        database.was_asked.clear()
        recorder.put(records(1)[0])
        assert database.was_asked.wait(60)
        _until_idle(recorder)
    recorder.stop()
    messages = [record.getMessage() for record in caplog.records]
    assert [message.split(";")[-1] for message in messages] == [
        " they are served anyway.", " 2 were lost.", " they are served anyway.",
    ]  # fmt: skip
    assert "password" not in "".join(messages)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_hanging_database_does_not_block_the_shutdown(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    database.may_answer.clear()
    recorder = CallRecorder(database.write, linger=0)
    recorder.start()
    recorder.put(records(1)[0])
    assert database.was_asked.wait(60)
    recorder.stop(0.1)
    assert database.batches == []
    assert "could not be written" in caplog.text


@pytest.mark.anyio
async def test_calls_are_served_while_the_database_is_down(bridge: RunningBridge, database: Database) -> None:
    database.is_down = True
    bridge.write_calls = database.write
    async with bridge:
        for _ in range(3):
            assert not (await bridge.call("greet")).get("isError")


@pytest.mark.anyio
async def test_calls_are_served_while_the_database_hangs(bridge: RunningBridge, database: Database) -> None:
    database.may_answer.clear()
    bridge.write_calls = database.write
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        for _ in range(5):
            await bridge.call("greet", token)
        assert database.batches == []
        database.may_answer.set()
    assert sum(map(len, database.batches)) == 6


def _until_idle(recorder: CallRecorder) -> None:
    """Wait until the writer has handled everything that it took."""
    deadline = time.monotonic() + 5
    while recorder._queue.not_empty._waiters == [] and time.monotonic() < deadline:  # type: ignore[attr-defined] # the standard library's own
        time.sleep(0.005)
