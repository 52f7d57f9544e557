"""Tell a service how long its caller will wait, so that it does no work for a caller who has left.

The header is Envoy's, which service meshes built on it use too: milliseconds that a request has. It can only shorten
the time of the request that carries it, so any client may send it.
"""

import re
from collections.abc import Sequence

HEADER = "x-envoy-expected-rq-timeout-ms"
_MILLISECONDS = re.compile(r"[1-9][0-9]{0,8}")


def time_budget(seconds: float) -> str:
    """Return the header's value for a caller that will wait this many seconds."""
    return str(max(1, int(seconds * 1000)))


def read_time_budget(values: Sequence[str]) -> float | None:
    """Return the seconds that a request has from its arrival; None if the header is absent, repeated or malformed."""
    if len(values) != 1 or not _MILLISECONDS.fullmatch(values[0]):
        return None
    return int(values[0]) / 1000
