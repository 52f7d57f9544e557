from collections.abc import Mapping

LONGEST = 3_600  # seconds; nobody is told to come back tomorrow


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The seconds of Retry-After (RFC 9110 §10.2.3), bounded; None where it is missing, a date, or no number."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004 - no number of seconds is longer
        return min(int(value), LONGEST)
    return None
