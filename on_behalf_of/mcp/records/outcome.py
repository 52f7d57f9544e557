from enum import StrEnum


class Outcome(StrEnum):
    """What became of a tool call, as its record says."""

    OK = "ok"
    TOOL_ERROR = "tool_error"  # it could not be done as asked: the input, or what it was about
    REFUSED = "refused"  # bridge, tenant or API said no
    FAILED = "failed"  # some party did not work as it should
    CANCELLED = "cancelled"  # the client went away before it was answered; what was under way may have happened


class Exchange(StrEnum):
    """Where the token for the API came from."""

    NONE = "none"  # the call never held one
    EXCHANGED = "exchanged"  # the tenant was asked
    CACHED = "cached"  # an earlier or simultaneous call had asked
