from enum import StrEnum


class TokenOrigin(StrEnum):
    """How a tool call came by its tokens for the API."""

    NONE = "none"  # the call never held one
    EXCHANGED = "exchanged"  # the tenant was asked
    CACHED = "cached"  # an earlier or simultaneous call had asked
