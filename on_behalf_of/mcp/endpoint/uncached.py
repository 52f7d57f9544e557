from on_behalf_of.mcp.endpoint.asgi_types import Headers


def uncached(headers: Headers) -> Headers:
    """Add `no-store` to the answer to a request with credentials (RFC 6750 §5.3).

    The answer's other cache directives are kept, such as the `no-transform` of streams.
    """
    told = [value for name, value in headers if name.lower() == b"cache-control"]
    if any(b"no-store" in value.lower() for value in told):
        return headers
    others = [(name, value) for name, value in headers if name.lower() != b"cache-control"]
    return [*others, (b"cache-control", b", ".join([*told, b"no-store"]))]
