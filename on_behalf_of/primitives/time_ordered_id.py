import os
import threading
import time

DIGITS = 20  # of each id that are random
IDS_AT_ONCE = 100  # asking the operating system for their digits takes as long for one as for many


class _Random(threading.local):
    """Random digits for ids, a thread's own."""

    digits = ""  # hexadecimal, not used yet
    used = 0


_random = _Random()


def time_ordered_id() -> str:
    """Return an id that is not used elsewhere: 32 hexadecimal digits.

    It begins with the time in milliseconds, as UUIDs of version 7 do (RFC 9562 §5.7), and ends with 80 random bits. An
    index of such ids grows at its end, which costs databases much less than insertions at random places.
    """
    random = _random
    if random.used >= len(random.digits):
        random.digits, random.used = os.urandom(DIGITS // 2 * IDS_AT_ONCE).hex(), 0
    first = random.used
    random.used += DIGITS
    return f"{time.time_ns() // 1_000_000:012x}{random.digits[first : random.used]}"


def _forget() -> None:
    _random.digits, _random.used = "", 0


if hasattr(os, "register_at_fork"):  # a process must not use the digits of the one it was forked from
    os.register_at_fork(after_in_child=_forget)
