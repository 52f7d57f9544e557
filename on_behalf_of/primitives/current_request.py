from contextvars import ContextVar
from typing import Protocol


class Request(Protocol):
    """The request that is being served: the part of it that log lines contain."""

    @property
    def request_id(self) -> str: ...

    @property
    def trace_id(self) -> str: ...


serving: ContextVar[Request | None] = ContextVar("request_being_served", default=None)  # set by each service
