"""Whether an exchanged token is what was asked for: the user's, through us, for the scopes that are needed."""

from collections.abc import Sequence

from on_behalf_of.exchange.errors import ScopesNotGranted, Unfit, UnusableToken
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.caller_rules import ActorRule, is_presented_by_its_actor


def check_delegation(
    exchanged: AccessToken,
    *,
    subject_token: AccessToken,
    client_id: str,
    scope: Sequence[str],
    actor_rule: ActorRule = ActorRule.ENFORCE,
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
    if exchanged.actor is None:
        raise UnusableToken(Unfit.NO_ACTOR)
    if actor_rule is ActorRule.ENFORCE and not is_presented_by_its_actor(exchanged):
        raise UnusableToken(Unfit.ACTOR)
    if missing := tuple(each for each in scope if each not in exchanged.scopes):
        raise ScopesNotGranted(missing)
