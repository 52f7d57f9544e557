from enum import StrEnum


class ExchangeTarget(StrEnum):
    """The parameter that names the API to the tenant; RFC 8693 §2.1 has two."""

    AUDIENCE = "audience"  # a name that tenant and API agreed on; Auth0 uses this
    RESOURCE = "resource"  # an absolute URI (RFC 8707 §2)
