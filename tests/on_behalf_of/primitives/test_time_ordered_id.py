import re
import time

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
