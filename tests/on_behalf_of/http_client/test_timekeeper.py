"""A scheduler on one thread: alarms go off in time unless they are cancelled."""

import os
import threading
import time
from functools import partial
from queue import SimpleQueue

from on_behalf_of.http_client.timekeeper import Timekeeper

PATIENCE = 30  # seconds


def test_alarms_go_off_in_order_of_their_time() -> None:
    keeper, rung, now = Timekeeper(), SimpleQueue[str](), time.monotonic()
    keeper.call_at(now + 0.3, lambda: rung.put("late"))
    keeper.call_at(now + 0.1, lambda: rung.put("early"))
    keeper.call_at(now - 1, lambda: rung.put("overdue"))
    assert [rung.get(timeout=PATIENCE) for _ in range(3)] == ["overdue", "early", "late"]
    assert time.monotonic() >= now + 0.3


def test_cancelled_alarms_do_not_go_off_and_the_others_do() -> None:
    keeper, rung, now = Timekeeper(), SimpleQueue[int](), time.monotonic()
    alarms = [keeper.call_at(now + 0.1, partial(rung.put, number)) for number in range(10)]
    for alarm in alarms[::2]:
        alarm.cancel()
    keeper.call_at(now + 0.2, lambda: rung.put(-1))
    assert [rung.get(timeout=PATIENCE) for _ in range(6)] == [1, 3, 5, 7, 9, -1]


def test_all_alarms_share_one_thread_and_cancelled_ones_are_removed() -> None:
    before, keeper, rung = set(threading.enumerate()), Timekeeper(), threading.Event()
    for _ in range(1_000):
        keeper.call_at(time.monotonic() + 0.01, rung.set).cancel()
    keeper.call_at(time.monotonic() + 0.02, rung.set)
    assert rung.wait(PATIENCE)
    # Threads of other tests may still end, or start, meanwhile.
    assert [thread.name for thread in set(threading.enumerate()) - before].count("timekeeper") == 1
    assert not keeper._alarms


def test_a_forked_process_has_its_own_thread() -> None:
    keeper, rung = Timekeeper(), threading.Event()
    keeper.call_at(time.monotonic(), rung.set)
    assert rung.wait(PATIENCE)
    if (child := os.fork()) == 0:
        rung.clear()
        keeper.call_at(time.monotonic(), rung.set)
        os._exit(0 if rung.wait(PATIENCE) else 1)
    assert os.waitpid(child, 0)[1] == 0
