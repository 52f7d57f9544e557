from enum import StrEnum


class ExchangeTarget(StrEnum):
    """The parameter that tells the tenant for which API a token is wanted; RFC 8693 §2.1 knows two."""

    AUDIENCE = "audience"  # a name that tenant and API agreed on; Auth0's
    RESOURCE = "resource"  # an absolute URI (RFC 8707 §2)
