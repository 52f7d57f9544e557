from on_behalf_of.mcp.endpoint.asgi_types import Message, Scope, Send, header_values


def uncached(send: Send, scope: Scope) -> Send:
    """Return a `send` that marks the answer `no-store` if the request carries credentials (RFC 6750 §5.3).

    The answer's other cache directives are kept, such as the `no-transform` of streams.
    """
    if not header_values(scope, "authorization"):
        return send

    async def send_uncached(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            told = [value for name, value in headers if name.lower() == b"cache-control"]
            if not any(b"no-store" in value.lower() for value in told):
                others = [(name, value) for name, value in headers if name.lower() != b"cache-control"]
                message["headers"] = [*others, (b"cache-control", b", ".join([*told, b"no-store"]))]
        await send(message)

    return send_uncached
