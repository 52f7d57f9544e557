"""Decide who may present a verified token, by its client and its actor. All protected resources share these rules.

Tokens that are bound to a key (`cnf`) are refused earlier, in `token_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from on_behalf_of.resource_server.refusals import NotPermitted, Reason

if TYPE_CHECKING:  # settings import these rules, and need not load the verification of tokens
    from on_behalf_of.resource_server.access_token import AccessToken


class ActorRule(StrEnum):
    """What to do with a token whose current actor is not the client that it was issued to."""

    ENFORCE = "enforce"  # refuse the token
    RECORD = "record"  # accept it and only record the actor, for tenants that name actors by other ids


@dataclass(frozen=True, kw_only=True)
class CallerRules:
    """Who may present a token. The defaults refuse tokens without a user, and actors other than the token's client."""

    allow_machines: bool = False
    actor_rule: ActorRule = ActorRule.ENFORCE


def check_caller(token: AccessToken, rules: CallerRules) -> None:
    """Raise NotPermitted for the first rule, in this order, that the token breaks."""
    if token.is_machine and not rules.allow_machines:
        raise NotPermitted(Reason.MACHINE)
    if rules.actor_rule is ActorRule.ENFORCE and not is_presented_by_its_actor(token):
        raise NotPermitted(Reason.ACTOR_NOT_CLIENT)


def is_presented_by_its_actor(token: AccessToken) -> bool:
    """Return whether the current actor is the client that the token was issued to.

    An agent's client is its `client_id`. Other actors are identified by their subject, which is meaningful only at
    their issuer. A token without `act` passes: its client acts for itself, or calls for its user directly.
    """
    actor = token.actor
    if actor is None:
        return True
    if actor.client_id is not None:
        return actor.client_id == token.client_id
    return actor.subject == token.client_id and actor.issuer in {None, token.issuer}
