"""The reasons that a recorded call can have, in sentences for reviewers."""

from on_behalf_of.resource_server.errors import DESCRIPTIONS, Reason

# What the API itself decides, beside the reasons that its access tokens give.
OF_THE_API = {
    "invalid_input": "The request's content does not have the form that this operation needs.",
    "not_found": "There is nothing at this address that belongs to this user.",
    "method_not_allowed": "The address does not answer to this method.",
    "not_acceptable": "The API cannot answer in any of the forms that the client accepts.",
    "csrf_failed": "A browser's session was there, but nothing showed that a page of the API sent the request.",
    "unexpected_error": "An unexpected error occurred; the server's log has the traceback.",
}
# Without a verified token a call leaves no row: of the tokens' reasons only those that come after it can be in the log.
OF_TOKENS = tuple(Reason)[tuple(Reason).index(Reason.SCOPE) :]
REASONS = OF_THE_API | {reason.value: DESCRIPTIONS[reason].rstrip(".") + "." for reason in OF_TOKENS}
