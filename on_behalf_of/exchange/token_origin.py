from enum import StrEnum


class TokenOrigin(StrEnum):
    """Where a call's token for the API came from."""

    NONE = "none"  # the call never held one
    EXCHANGED = "exchanged"  # the tenant was asked
    CACHED = "cached"  # an earlier or simultaneous call had asked
