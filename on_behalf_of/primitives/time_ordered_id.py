import secrets
import time


def time_ordered_id() -> str:
    """Return an id that is not used elsewhere: 32 hexadecimal digits.

    It begins with the time in milliseconds, as UUIDs of version 7 do (RFC 9562 §5.7), and ends with 80 random bits. An
    index of such ids grows at its end, which costs databases much less than insertions at random places.
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
