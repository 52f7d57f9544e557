from enum import StrEnum


class TokenOrigin(StrEnum):
    """Where a tool call's tokens for the API came from."""

    NONE = "none"  # the call never had one
    EXCHANGED = "exchanged"  # the tenant was asked
    CACHED = "cached"  # an earlier or simultaneous call had asked
