"""The syntax of one scope value: scope-token of RFC 6749 §3.3."""

import re

SCOPE = re.compile(r"\A[\x21\x23-\x5b\x5d-\x7e]+\Z")  # ASCII without blanks, double quotes and backslashes


def is_scope(value: object) -> bool:
    """Return whether `value` is one scope value."""
    return isinstance(value, str) and SCOPE.match(value) is not None
