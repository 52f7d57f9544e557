from dataclasses import dataclass

from on_behalf_of.resource_server.claims import Claims, identifier, optional_identifier, profile
from on_behalf_of.resource_server.refusals import InvalidToken, Reason

MAX_ACTORS = 5


@dataclass(frozen=True)
class Actor:
    """A party that acts for the subject (RFC 8693 §4.1). The one that acted before it is nested inside."""

    subject: str
    client_id: str | None = None  # for agents: the client behind them
    issuer: str | None = None
    sub_profile: tuple[str, ...] = ()
    client_profile: tuple[str, ...] = ()
    actor: "Actor | None" = None  # the prior actor

    def chain(self) -> tuple["Actor", ...]:
        """Return all actors, the current one first. Only that one counts for access control; the others are history."""
        chain = [self]
        while (prior := chain[-1].actor) is not None:
            chain.append(prior)
        return tuple(chain)

    def members(self) -> dict[str, str]:
        """Return this actor's members in the form of the claim, without the nested actors."""
        members = {"sub": self.subject}
        if self.client_id:
            members["client_id"] = self.client_id
        if self.issuer:
            members["iss"] = self.issuer
        if self.sub_profile:
            members["sub_profile"] = " ".join(self.sub_profile)
        if self.client_profile:
            members["client_profile"] = " ".join(self.client_profile)
        return members


def parse_actor(value: object, *, depth: int = 1) -> Actor:
    """Read a whole `act` claim.

    Raises InvalidToken if any level has the wrong form, or if more than five are nested. Unknown members, such as the
    actor's own `cnf`, are ignored, as RFC 8693 asks.
    """
    if depth > MAX_ACTORS:
        raise InvalidToken(Reason.ACTOR_DEPTH)
    if not isinstance(value, dict):
        raise InvalidToken(Reason.ACTOR)
    level: Claims = value
    try:
        subject = identifier(level, "sub")
        client_id, issuer = optional_identifier(level, "client_id"), optional_identifier(level, "iss")
        sub_profile, client_profile = profile(level, "sub_profile"), profile(level, "client_profile")
    except InvalidToken as error:
        raise InvalidToken(Reason.ACTOR) from error
    prior = parse_actor(level["act"], depth=depth + 1) if "act" in level else None
    return Actor(subject, client_id, issuer, sub_profile, client_profile, prior)
