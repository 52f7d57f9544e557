from dataclasses import dataclass
from enum import StrEnum

from on_behalf_of.primitives.blank import is_blank

MAX_LEEWAY = 60


class TokenDialect(StrEnum):
    """The two shapes of access token that Auth0 issues; the header's `typ` tells them apart."""

    RFC9068 = "rfc9068"
    AUTH0 = "auth0"


DIALECTS = {  # the words for them in settings; the first is the default
    "both": frozenset(TokenDialect),
    "rfc9068": frozenset({TokenDialect.RFC9068}),
    "auth0": frozenset({TokenDialect.AUTH0}),
}


@dataclass(frozen=True)
class TokenRules:
    """Which access tokens a protected resource accepts."""

    issuer: str  # compared byte for byte
    audience: str  # this resource's identifier, compared byte for byte
    dialects: frozenset[TokenDialect] = frozenset(TokenDialect)
    leeway: int = 30  # seconds that the issuer's clock may differ from ours
    other_audiences: tuple[str, ...] = ()  # further identifiers of this resource, while clients move to `audience`

    @property
    def audiences(self) -> tuple[str, ...]:
        """Every identifier of this resource; a token must name one of them."""
        return (self.audience, *self.other_audiences)

    def __post_init__(self) -> None:
        if is_blank(self.issuer) or any(map(is_blank, self.audiences)):
            raise ValueError("issuer and audience must not be empty")
        if not self.dialects:
            raise ValueError("at least one token dialect must be accepted")
        if not 0 <= self.leeway <= MAX_LEEWAY:
            raise ValueError(f"leeway must be 0 to {MAX_LEEWAY} seconds")
