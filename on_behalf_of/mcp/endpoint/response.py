from collections.abc import Callable

from on_behalf_of.mcp.endpoint.asgi_types import Headers, Message, Send, is_last
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal


class Response:
    """The one wrapper around ASGI's `send` at the MCP endpoint: one HTTP response, and how far it got.

    It adds headers, and holds the head back until the first part of the body. An answer in JSON is complete by then,
    so a refusal that serving brought to light can still take its place, with an HTTP status of its own. Once a stream
    has begun it is too late, and the answer on the stream must say it.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._changes: list[Callable[[Headers], Headers]] = []
        self._replacement: Callable[[], HttpRefusal | None] = lambda: None
        self._head: Message | None = None
        self._is_replaced = False
        self.has_begun = False  # its status is sent, or being sent
        self.is_complete = False  # so is the last of its body

    def change_headers(self, change: Callable[[Headers], Headers]) -> None:
        """Let `change` have its way with the headers before they are sent, after the changes before."""
        self._changes.append(change)

    def give_way_to(self, refusal: Callable[[], HttpRefusal | None]) -> None:
        """Before the answer is sent, ask `refusal` for one that is to be sent in its place."""
        self._replacement = refusal

    async def __call__(self, message: Message) -> None:
        """Take a part of the answer. An ASGI `send`."""
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
        """Answer with the refusal. A head that is held back is dropped."""
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
