from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

# The names of the ASGI specification; shapes as Starlette and the SDK declare them.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def header_values(scope: Scope, name: str) -> list[str]:
    """All values of a header, in order; `name` in lower case, as ASGI servers give it."""
    wanted = name.encode()
    return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]
