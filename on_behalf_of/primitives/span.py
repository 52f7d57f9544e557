"""Steps of serving a request, for tracing. Without tracing, which is the default, they cost almost nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol


class Span(Protocol):
    """A step that has begun. It ends with its context."""

    @property
    def traceparent(self) -> str:
        """Return the header (W3C Trace Context) for requests made in this step; empty without tracing."""

    def set(self, name: str, value: str | int) -> None:
        """Set an attribute of the step. It must not be secret, nor text that others wrote."""

    def child(self, name: str, *, asks_another: bool = False) -> AbstractContextManager[Span]:
        """Begin a step within this one; `asks_another` if it is a request to another service."""


class BeginSpan(Protocol):
    def __call__(self, name: str, *, trace_id: str, traceparent: str) -> AbstractContextManager[Span]:
        """Begin the step that serves a request: below the caller's step, else as the first of the trace `trace_id`."""


@dataclass(frozen=True)
class NoSpan:
    traceparent: str = ""

    def set(self, name: str, value: str | int) -> None:
        pass

    def child(self, name: str, *, asks_another: bool = False) -> AbstractContextManager[Span]:  # noqa: ARG002
        return _NOTHING


NO_SPAN: Span = NoSpan()
_NOTHING: AbstractContextManager[Span] = nullcontext(NO_SPAN)


def no_spans(name: str, *, trace_id: str, traceparent: str) -> AbstractContextManager[Span]:  # noqa: ARG001
    return _NOTHING
