"""Why a login failed, in one sentence each. The tenant's own words are never trusted."""

import logging
import re

logger = logging.getLogger(__name__)

_CODE = re.compile(r"[a-z_]{1,40}")
MAX_DESCRIPTION = 200  # characters of a tenant's own words that are shown
# RFC 6749 §4.1.2.1, RFC 8707 §2, OpenID Connect Core §3.1.2.6.
AUTHORIZATION_ERRORS = {
    "access_denied": "The login was cancelled, or the tenant does not allow it for this user or client.",
    "login_required": "The tenant needs the user to log in there first: begin again.",
    "consent_required": "The tenant needs the user's consent first: begin again.",
    "interaction_required": "The tenant needs to ask the user something first: begin again.",
    "invalid_scope": "The tenant does not know one of the requested scopes: define it for this API there.",
    "invalid_target": "The tenant does not know this API: its identifier there must equal API_AUTH0_AUDIENCE.",
    "unauthorized_client": "The tenant does not let this client log users in: allow it the authorization code grant.",
    "invalid_request": "The tenant refused the login request: check the client, redirect URI and audience there.",
    "unsupported_response_type": "The tenant does not support the authorization code flow for this client.",
    "server_error": "The tenant had an internal error; try again.",
    "temporarily_unavailable": "The tenant is overloaded or being maintained; try again later.",
}
# RFC 6749 §5.2.
TOKEN_ERRORS = {
    "invalid_grant": "The tenant did not accept the code: it was used before, or is too old. Begin again.",
    "invalid_client": "The tenant does not accept the client: API_LOGIN_CLIENT_ID must name a public one.",
    "unauthorized_client": "The tenant does not let this client redeem codes: allow it the authorization code grant.",
    "invalid_target": "The tenant does not know this API: its identifier there must equal API_AUTH0_AUDIENCE.",
}


class LoginRefused(Exception):
    """A failed login: a sentence for the page, and a status. `said` is the tenant's own description, shown as such."""

    def __init__(self, sentence: str, status: int, *, said: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.status, self.said = sentence, status, said


def refused_by_tenant(error: str, description: str) -> LoginRefused:
    """Return the refusal for an error that came back with the browser. Anyone may have written that URL."""
    code = error if _CODE.fullmatch(error) else "unknown"
    said = "".join(character for character in description if character.isprintable())[:MAX_DESCRIPTION]
    return LoginRefused(AUTHORIZATION_ERRORS.get(code, f"The tenant refused the login ({code})."), 400, said=said)


def refused_token_request(error: object) -> LoginRefused:
    """Return the refusal for an error of the token endpoint."""
    code = error if isinstance(error, str) and _CODE.fullmatch(error) else "unknown"
    logger.warning("A login to the API's pages failed: the tenant answered %s.", code)
    return LoginRefused(TOKEN_ERRORS.get(code, f"The tenant refused to redeem the code ({code})."), 502)
