from typing import ClassVar

from on_behalf_of.mcp.records.outcome import Outcome


class ToolError(Exception):
    """A call that fails for a reason that a person can act on.

    Its text is shown to the user as it stands (`isError`, MCP tools §Error Handling). So it names the party that
    refused, and holds nothing secret: texts of others pass through `foreign_text.readable` first.
    """

    concerns_operator: ClassVar[bool] = False  # True: whoever runs the bridge must act, so it is logged
    # What the call's record says; the reason is a stable code.
    outcome: Outcome = Outcome.TOOL_ERROR
    reason: str = "tool_error"


class InvalidArguments(ToolError):
    reason = "invalid_arguments"

    def __init__(self, violation: str) -> None:
        super().__init__(f"The arguments do not fit: {violation}.")


class ToolFailed(ToolError):
    """The tool itself is wrong; the text is a fixed sentence, and the log says more."""

    outcome, reason = Outcome.FAILED, "unexpected_error"


class CallerGone(ToolError):
    """Nobody waits for the answer any more. Raised wherever the call waits, so that its thread is free again."""

    outcome, reason = Outcome.CANCELLED, "client_gone"

    def __init__(self) -> None:
        super().__init__("The client went away before the call was over.")


class ScopesNotGrantable(ToolError):
    """The user's roles do not allow the tool, so no consent could help (an HTTP 403 would send clients in circles)."""

    outcome, reason = Outcome.REFUSED, "scopes_not_grantable"

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(
            f"Your account does not have the permission that this tool needs: {' '.join(scopes)}. "
            "Whoever administers the tenant can give it to you."
        )
