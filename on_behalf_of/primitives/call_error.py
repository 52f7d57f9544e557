"""Errors that end one call, with a text for the user, and the outcome that the call's record gets."""

from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """The end of a tool call, as recorded."""

    OK = "ok"
    TOOL_ERROR = "tool_error"  # it could not be done as asked: the input, or what it was about
    REFUSED = "refused"  # bridge, tenant or API said no
    FAILED = "failed"  # some party did not work as it should
    CANCELLED = "cancelled"  # the client went away before it was answered; what was under way may have happened


class CallError(Exception):
    """A call that fails for a reason that a person can act on.

    Its text is shown to the user as it stands (`isError`, MCP tools §Error Handling). So it names the party that
    refused, and holds nothing secret: texts of others pass through `foreign_text.readable` first.
    """

    concerns_operator: ClassVar[bool] = False  # True: the bridge's operator must act, so it is logged
    # What the call's record says; the reason is a stable code.
    outcome: Outcome = Outcome.TOOL_ERROR
    reason: str = "tool_error"


class CallerGone(CallError):
    """The client no longer waits for the answer. Raised wherever the call waits, so that its thread is free again."""

    outcome, reason = Outcome.CANCELLED, "client_gone"

    def __init__(self) -> None:
        super().__init__("The client went away before the call was over.")
