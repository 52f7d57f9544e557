"""The policy on actors: who may call this API on whose behalf, whatever the scopes. Prior actors never count."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from on_behalf_of.resource_server.refusals import NotPermitted, Reason
from on_behalf_of.resource_server.who_may_present import CallerRules, check_caller

if TYPE_CHECKING:  # settings hold a policy, and need not load the token verifier
    from on_behalf_of.resource_server.access_token import AccessToken
    from on_behalf_of.resource_server.actor import Actor

AGENT = "ai_agent"


@dataclass(frozen=True)
class ActorPolicy(CallerRules):
    """The rules for every authenticated call: those of CallerRules, and the API's own."""

    trusted_actors: frozenset[str] = frozenset()  # client ids and agent ids of current actors; empty accepts any
    require_delegation: bool = False
    allowed_organizations: frozenset[str] = frozenset()  # empty accepts any, and tokens without one


def check_actor(token: AccessToken, policy: ActorPolicy) -> None:
    """Check the token against the policy. Raises NotPermitted with the reason of the first rule that it does not meet.

    Not checked: scopes, and what single views demand. Unless delegation is required, a token without `act` passes
    `trusted_actors`, because there is no actor to judge (a system check warns about that setting).
    """
    check_caller(token, policy)
    if policy.require_delegation and not is_delegated(token):
        raise NotPermitted(Reason.DELEGATION_REQUIRED)
    if policy.trusted_actors and token.actor and not is_one_of(token.actor, policy.trusted_actors, token=token):
        raise NotPermitted(Reason.ACTOR_NOT_TRUSTED)
    if policy.allowed_organizations and token.organization not in policy.allowed_organizations:
        raise NotPermitted(Reason.ORGANIZATION)


def is_delegated(token: AccessToken) -> bool:
    """Return whether the token was exchanged, so that its client acts for someone else.

    `act` alone does not show that: after a user's direct login at an agent-linked client, `act` has one level, which
    names that client. A second level shows it, because only an exchange adds one; only its presence counts, never whom
    it names (RFC 8693 §4.1). A single level shows it if it names a party other than the token's client, which is
    accepted only with TOKEN_ACTOR_RULE=record; an agent without `client_id` does not count, because it may be linked to
    the token's client.
    """
    actor = token.actor
    if token.is_machine or actor is None:
        return False
    if actor.actor is not None:
        return True
    if actor.client_id is None and AGENT in actor.sub_profile:
        return False
    return token.client_id not in {actor.subject, actor.client_id}


def is_one_of(actor: Actor, names: Container[str], *, token: AccessToken) -> bool:
    """Return whether `names` contains the actor's id or, for an agent, the id of its client.

    Ids are unique only at their issuer, so an actor of another issuer never matches (RFC 8693 §4.1). Actors nested in
    this one are history and are not looked at.
    """
    is_ours = actor.issuer is None or actor.issuer == token.issuer
    return is_ours and (actor.subject in names or (actor.client_id is not None and actor.client_id in names))
