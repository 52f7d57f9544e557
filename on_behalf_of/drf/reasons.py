"""The reasons that a recorded call can have, with sentences for reviewers."""

from on_behalf_of.resource_server.refusals import DESCRIPTIONS, Reason

# Reasons of the API itself, beside those about access tokens.
OF_THE_API = {
    "invalid_input": "The request's content is not valid for this operation.",
    "not_found": "This user has nothing at this address.",
    "method_not_allowed": "The address does not accept this method.",
    "not_acceptable": "The API cannot answer in any format that the client accepts.",
    "csrf_failed": "The request came with a browser session, but without proof that a page of the API sent it.",
    "unexpected_error": "An unexpected error occurred; the server's log has the traceback.",
}
# A call without a verified token leaves no row, so the log has only those token reasons that follow verification.
OF_TOKENS = tuple(Reason)[tuple(Reason).index(Reason.SCOPE) :]
REASONS = OF_THE_API | {reason.value: DESCRIPTIONS[reason].rstrip(".") + "." for reason in OF_TOKENS}
