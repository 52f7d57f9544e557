"""Reason codes in sentences: why a call was decided as it was."""

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.resource_server.errors import DESCRIPTIONS, Reason

# What the API itself decides, beside the reasons that its access tokens give.
OF_THE_API = {
    "invalid_input": "The request's content does not have the form that this operation needs.",
    "not_found": "There is nothing at this address that belongs to this user.",
    "method_not_allowed": "The address does not answer to this method.",
    "not_acceptable": "The API cannot answer in any of the forms that the client accepts.",
    "csrf_failed": "A browser's session was there, but nothing showed that a page of the API sent the request.",
    "unexpected_error": "Something failed that nobody expected; the server's log has the traceback.",
}
# Without a verified token a call leaves no row: of the tokens' reasons only those that come after it can be in the log.
OF_TOKENS = tuple(Reason)[tuple(Reason).index(Reason.SCOPE) :]


def explanation(row: DelegatedAccess) -> str:
    """One sentence about the decision. An unknown code gets none of the meanings of known ones."""
    if row.reason:
        return SENTENCES.get(row.reason, "This code is not known to this version of the admin.")
    if row.decision == "allowed":
        return "The token was verified, and held every scope that the operation needs."
    return "No reason was recorded."


SENTENCES = OF_THE_API | {reason.value: sentence.rstrip(".") + "." for reason, sentence in DESCRIPTIONS.items()}
CHOICES = sorted({*OF_THE_API, *(reason.value for reason in OF_TOKENS)})
