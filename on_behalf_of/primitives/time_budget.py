"""How long a caller will wait, told to the party it calls, so that no work is done for a caller who has left.

The header is the one in which Envoy and the meshes built on it tell a service how many milliseconds it has. It can
only take time away, and only from the request that carries it, so anybody may send it.
"""

import re
from collections.abc import Sequence

HEADER = "x-envoy-expected-rq-timeout-ms"
_MILLISECONDS = re.compile(r"[1-9][0-9]{0,8}")


def time_budget(seconds: float) -> str:
    """The header's value for a caller that has so many seconds left."""
    return str(max(1, int(seconds * 1000)))


def read_time_budget(values: Sequence[str]) -> float | None:
    """Seconds from the arrival of a request; None where it says nothing, says it twice, or says nonsense."""
    if len(values) != 1 or not _MILLISECONDS.fullmatch(values[0]):
        return None
    return int(values[0]) / 1000
