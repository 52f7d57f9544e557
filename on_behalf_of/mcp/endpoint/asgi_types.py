from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

# The names are those of the ASGI specification, the types those of Starlette and the SDK.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]  # of a response, names in lower case
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_last(message: Message) -> bool:
    """Return whether the message is the last one of a response."""
    return message["type"] == "http.response.body" and not message.get("more_body", False)


def header_values(scope: Scope, name: str) -> list[str]:
    """Return all values of a header, in order. `name` is in lower case, as ASGI servers pass names."""
    wanted = name.encode()
    return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]
