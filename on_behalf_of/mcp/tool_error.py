from on_behalf_of.primitives.call_error import CallError, Outcome


class ToolError(CallError):
    """Raised by a tool for a failure that the user can act on. The user reads its text unchanged."""


class InvalidArguments(ToolError):
    """The arguments do not match the tool's input schema."""

    reason = "invalid_arguments"

    def __init__(self, violation: str) -> None:
        super().__init__(f"The arguments are invalid: {violation}.")


class ToolFailed(ToolError):
    """The tool itself has an error. The text is a fixed sentence; the log has the details."""

    outcome, reason = Outcome.FAILED, "unexpected_error"


class ScopesNotGrantable(ToolError):
    """The user's roles do not allow the tool, so consent would not help. (A 403 would make clients ask for it.)"""

    outcome, reason = Outcome.REFUSED, "scopes_not_grantable"

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(
            f"Your account does not have the permission that this tool needs: {' '.join(scopes)}. "
            "Your tenant's administrator can grant it."
        )
