"""Write records of tool calls to the database: queued, best effort, and without delaying calls."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from on_behalf_of.mcp.records.call_record import CallRecord

logger = logging.getLogger(__name__)

CAPACITY = 2_000  # records that may wait; some kilobytes each
BATCH = 200  # records in one transaction
LINGER = 0.25  # seconds that the first record of a batch waits for others
FLUSH = 4.0  # seconds that the process waits for the database before it ends

Write = Callable[[Sequence[CallRecord]], None]


class CallRecorder:
    """A bounded queue, and one thread that passes its records to `write`.

    Records are dropped if `write` raises, or if the queue is full. They are counted, and each outage is logged once
    when it begins and once when it ends. Safe to share between threads.
    """

    def __init__(
        self,
        write: Write,
        *,
        capacity: int = CAPACITY,
        linger: float = LINGER,
        on_drop: Callable[[int], None] = lambda _number: None,
    ) -> None:
        self._write = write
        self._on_drop = on_drop
        self._linger = linger  # seconds
        self._queue: queue.Queue[CallRecord | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="call-recorder", daemon=True)
        self._lock = threading.Lock()
        self._ends = False
        self._hurry = threading.Event()  # a batch is complete, or the process ends
        self._dropped = 0
        self._is_outage = False

    def start(self) -> None:
        self._thread.start()

    def put(self, record: CallRecord) -> None:
        """Queue a finished record. Returns at once, even if the database is slow or down."""
        try:
            self._queue.put_nowait(record)
            if self._queue.qsize() >= BATCH:
                self._hurry.set()
        except queue.Full:
            self._drop(1, "the queue is full")

    def stop(self, seconds: float = FLUSH) -> None:
        """Write the queued records, as far as the time allows. Blocking."""
        deadline = time.monotonic() + seconds
        self._ends = True
        self._hurry.set()
        try:
            self._queue.put(None, timeout=seconds)
            self._thread.join(max(0.0, deadline - time.monotonic()))
        except queue.Full:
            pass
        if self._thread.is_alive():
            logger.warning("Some records of tool calls could not be written before the end.")

    def _run(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._next_batch()
            if not batch:
                continue
            try:
                self._write(batch)
            except Exception as error:  # noqa: BLE001 - calls continue without records after any error
                self._drop(len(batch), type(error).__name__)
            else:
                self._recovered()

    def _next_batch(self) -> tuple[list[CallRecord], bool]:
        """Return the records to write next, and whether they are the last ones."""
        record = self._queue.get()
        batch: list[CallRecord] = []
        # Not by waiting for each record, because each would wake this thread while calls need the interpreter.
        self._hurry.clear()
        if self._queue.qsize() < BATCH and not self._ends:
            self._hurry.wait(self._linger)
        while record is not None:
            batch.append(record)
            if len(batch) == BATCH:
                return batch, False
            try:
                record = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _drop(self, number: int, why: str) -> None:
        with self._lock:
            self._dropped += number
            is_new, self._is_outage = not self._is_outage, True
        self._on_drop(number)
        if is_new:
            logger.warning("Tool calls cannot be recorded (%s); they are served anyway.", why)

    def _recovered(self) -> None:
        with self._lock:
            was_outage, dropped = self._is_outage, self._dropped
            self._is_outage, self._dropped = False, 0
        if was_outage:
            logger.warning("Tool calls are recorded again; %d were lost.", dropped)
