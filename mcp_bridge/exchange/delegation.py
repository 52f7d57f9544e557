"""Whether an exchanged token is what was asked for: the user's, through us, for the scopes that are needed."""

from collections.abc import Sequence

from mcp_bridge.exchange.errors import ScopesNotGranted, Unfit, UnusableToken
from resource_server.access_token import AccessToken


def check_delegation(
    exchanged: AccessToken, *, subject_token: AccessToken, client_id: str, scope: Sequence[str]
) -> None:
    """Check token B, already verified for the API's audience, against token A.

    Raises UnusableToken where it speaks for somebody else or not through this client, ScopesNotGranted where it
    allows less than was asked. Nested actors are history and not compared (RFC 8693 §4.1).
    """
    if exchanged.digest == subject_token.digest:
        raise UnusableToken(Unfit.UNCHANGED)
    if exchanged.is_machine:
        raise UnusableToken(Unfit.MACHINE)
    if exchanged.subject != subject_token.subject:
        raise UnusableToken(Unfit.SUBJECT)
    if exchanged.organization != subject_token.organization:
        raise UnusableToken(Unfit.ORGANIZATION)
    if exchanged.client_id != client_id:
        raise UnusableToken(Unfit.CLIENT)
    # Without `act` the token says that the user calls the API directly, which is not true; some servers strip it.
    # An agent-linked client is named by the actor's client_id, any other by the actor's subject.
    actor = exchanged.actor
    if actor is None or client_id not in {actor.subject, actor.client_id}:
        raise UnusableToken(Unfit.ACTOR)
    if missing := tuple(each for each in scope if each not in exchanged.scopes):
        raise ScopesNotGranted(missing)
