from typing import Protocol

from on_behalf_of.exchange.token_origin import TokenOrigin
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.primitives.span import Span
from on_behalf_of.resource_server.access_token import AccessToken


class Requester(Protocol):
    """The call that needs a token for the API: its user's verified token A, and how long it waits."""

    @property
    def token(self) -> AccessToken: ...

    @property
    def subject_token(self) -> str:
        """The text of `token`. It goes to the tenant's token endpoint and nowhere else."""
        ...

    @property
    def address(self) -> str:
        """The user's address; empty if it is unknown."""
        ...

    @property
    def interruption(self) -> Interruption: ...

    @property
    def span(self) -> Span: ...

    def traceparent(self, step: Span) -> str: ...

    def note_origin(self, origin: TokenOrigin) -> None:
        """Record where the token came from."""
        ...
