from collections.abc import Callable

from on_behalf_of.mcp.endpoint.asgi_types import Headers, Message, Send, is_last
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal


class Response:
    """One HTTP response of the MCP endpoint and its progress; it wraps ASGI's `send`.

    It adds headers, and holds the head back until the first part of the body. An answer in JSON is complete by then, so
    a refusal that was found while serving can still replace it, with its own HTTP status. Once a stream has begun, it
    is too late for that, and the answer on the stream must contain the error.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._changes: list[Callable[[Headers], Headers]] = []
        self._replacement: Callable[[], HttpRefusal | None] = lambda: None
        self._head: Message | None = None
        self._is_replaced = False
        self.has_begun = False  # its status is sent, or being sent
        self.is_complete = False  # the last part of its body is sent, or being sent

    def change_headers(self, change: Callable[[Headers], Headers]) -> None:
        """Apply `change` to the headers before they are sent, after earlier changes."""
        self._changes.append(change)

    def give_way_to(self, refusal: Callable[[], HttpRefusal | None]) -> None:
        """Before the answer is sent, call `refusal`; if it returns one, send that instead."""
        self._replacement = refusal

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer. This is an ASGI `send`."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        self.is_complete = is_last(message)
        if self._head is not None:
            head, self._head = self._head, None
            if refusal := self._replacement():
                self._is_replaced = True
                await refusal.send_to(self._pass_on)
            else:
                await self._pass_on(head)
        if not self._is_replaced:
            await self._pass_on(message)

    async def refuse(self, refusal: HttpRefusal) -> None:
        """Answer with the refusal, and drop a head that is held back."""
        self._head = None
        self.is_complete = True
        await refusal.send_to(self._pass_on)

    async def _pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = list(message.get("headers", []))
            for change in self._changes:
                headers = change(headers)
            message = {**message, "headers": headers}
        await self._send(message)
