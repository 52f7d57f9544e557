import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from on_behalf_of.primitives.time_ordered_id import time_ordered_id
from on_behalf_of.primitives.trace import Trace


@pytest.mark.parametrize("made", [time_ordered_id, lambda: Trace.made().id])
def test_ids_are_in_the_order_of_their_time_and_all_different(made: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(made)
    now = time.time_ns()
    ids = []
    for milliseconds in range(50):
        monkeypatch.setattr(time, "time_ns", lambda later=milliseconds: now + later * 1_000_000)
        ids += [made() for _ in range(20)]
    firsts = [each[:12] for each in ids]
    assert firsts == sorted(firsts)
    assert len(set(firsts)) == 50
    assert len(set(ids)) == 1_000
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)


def test_threads_and_forked_processes_make_ids_of_their_own() -> None:
    time_ordered_id()  # leaves random digits for the next ones
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, "".join(time_ordered_id()[12:] for _ in range(100)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    others = os.read(reading, 4_096).decode()
    os.close(reading)
    os.close(writing)
    with ThreadPoolExecutor(4) as pool:
        ids = [
            *pool.map(lambda _: time_ordered_id()[12:], range(1_000)),
            *(others[n : n + 20] for n in range(0, 2_000, 20)),
        ]
    ids += [time_ordered_id()[12:] for _ in range(250)]
    assert len(set(ids)) == len(ids) == 1_350
