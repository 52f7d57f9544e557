"""Who may call this API, whatever the scopes: decided by who acts, on whose behalf, and never by who acted before."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from on_behalf_of.resource_server.errors import NotPermitted, Reason
from on_behalf_of.resource_server.who_may_present import CallerRules, check_caller

if TYPE_CHECKING:  # the settings hold a policy, and need not load what verifies tokens
    from on_behalf_of.resource_server.access_token import AccessToken
    from on_behalf_of.resource_server.actor import Actor

AGENT = "ai_agent"


@dataclass(frozen=True)
class ActorPolicy(CallerRules):
    """The rules for every authenticated call: those of CallerRules, and those that this API may add."""

    trusted_actors: frozenset[str] = frozenset()  # client ids and agent ids of current actors; empty accepts any
    require_delegation: bool = False
    allowed_organizations: frozenset[str] = frozenset()  # empty accepts any, and tokens without one


def check_actor(token: AccessToken, policy: ActorPolicy) -> None:
    """Raises NotPermitted with the first rule, in this order, that the token does not meet.

    Not checked: scopes, and what single views demand. Where no delegation is required, a token without `act` passes
    `trusted_actors`: there is no actor to judge (a system check warns of that setting).
    """
    check_caller(token, policy)
    if policy.require_delegation and not is_delegated(token):
        raise NotPermitted(Reason.DELEGATION_REQUIRED)
    if policy.trusted_actors and token.actor and not is_one_of(token.actor, policy.trusted_actors, token=token):
        raise NotPermitted(Reason.ACTOR_NOT_TRUSTED)
    if policy.allowed_organizations and token.organization not in policy.allowed_organizations:
        raise NotPermitted(Reason.ORGANIZATION)


def is_delegated(token: AccessToken) -> bool:
    """Whether the token was handed on, so that its client acts for another than itself.

    `act` alone does not show that: a user's plain login at an agent-linked client carries one level, which names that
    very client again. A second level shows it, for only an exchange writes one; that it is there is all that is looked
    at, never whom it names (RFC 8693 §4.1). A single level shows it if it names another party than the token's
    client, which is accepted only with TOKEN_ACTOR_RULE=record; an agent without `client_id` may be that client's own.
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
    """Whether the actor is among `names`, by its id, or by its client's where it is an agent.

    Ids mean something at their issuer only: an actor of another one is never meant (RFC 8693 §4.1). What is nested
    in the actor is history, and not looked at.
    """
    is_ours = actor.issuer is None or actor.issuer == token.issuer
    return is_ours and (actor.subject in names or (actor.client_id is not None and actor.client_id in names))
