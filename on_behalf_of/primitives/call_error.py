"""Errors that end one call, with a text for the user, and the outcome that the call's record gets."""

from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """How a call ended, as its record says."""

    OK = "ok"
    TOOL_ERROR = "tool_error"  # it could not be done as asked: because of the input, or of the thing it was about
    REFUSED = "refused"  # MCP server, tenant or API refused
    FAILED = "failed"  # one of the parties did not work
    CANCELLED = "cancelled"  # the client went away before it was answered; the work may have been done


class CallError(Exception):
    """A call that fails for a reason that a person can act on.

    Its text is shown to the user unchanged (`isError`, MCP tools §Error Handling). So it names the party that refused,
    and contains no secret: texts of others pass through `foreign_text.readable` first.
    """

    concerns_operator: ClassVar[bool] = False  # True: this server's operator must act, so it is logged
    # For the call's record; the reason is a stable code.
    outcome: Outcome = Outcome.TOOL_ERROR
    reason: str = "tool_error"


class CallerGone(CallError):
    """The client no longer waits for the answer. Raised wherever the call waits, to free its thread."""

    outcome, reason = Outcome.CANCELLED, "client_gone"

    def __init__(self) -> None:
        super().__init__("The client went away before the call was over.")
