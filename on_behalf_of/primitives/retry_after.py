"""Read when a server that refused a request wants to be asked again."""

import math
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

LONGEST = 3_600  # seconds; longer times are cut to this
_SECONDS = re.compile(r"[0-9]{1,9}")
_EPOCH = re.compile(r"[0-9]{9,11}")


def retry_after(headers: Mapping[str, str], *, clock: Callable[[], float] = time.time) -> int | None:
    """Return seconds from now, bounded; None if the headers do not say.

    Retry-After (RFC 9110 §10.2.3) is a number of seconds or a date. Without one, Auth0's x-ratelimit-reset counts,
    in seconds since the epoch. Both are read by the clock of the answer itself if it has a Date, else by `clock`.
    """
    told = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(told):
        return min(int(told), LONGEST)
    reset = headers.get("x-ratelimit-reset", "").strip()
    at = _date(told) if told else float(reset) if _EPOCH.fullmatch(reset) else None
    if at is None:
        return None
    now = _date(headers.get("Date", "")) or clock()
    return min(max(0, math.ceil(at - now)), LONGEST)


def in_time(seconds: int | None) -> str:
    """Return the time in words, such as "in 5 seconds"."""
    return f"in {seconds} second{'s' if seconds > 1 else ''}" if seconds else "in a moment"


def _date(text: str) -> float | None:
    """Return an HTTP date (RFC 9110 §5.6.7) in seconds since the epoch; None if it is not one."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
