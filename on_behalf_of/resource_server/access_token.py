from dataclasses import InitVar, dataclass
from enum import StrEnum

from on_behalf_of.resource_server.actor import Actor

VERIFIED = object()  # for `verify_access_token` alone, which shows with it that it did its work


class TokenDialect(StrEnum):
    """The two shapes of access token that Auth0 issues; the header's `typ` tells them apart."""

    RFC9068 = "rfc9068"
    AUTH0 = "auth0"


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """An access token that was verified: only `verify_access_token` makes one. Times are seconds since the epoch."""

    issuer: str
    subject: str
    client_id: str
    audience: tuple[str, ...]
    scopes: frozenset[str]
    permissions: frozenset[str] | None  # what the user's roles allow; None where the issuer does not say
    issued_at: float
    expires_at: float
    not_before: float | None
    jwt_id: str | None
    digest: str  # SHA-256 of the token, hexadecimal: names it where jwt_id is missing, and never gives it away
    actor: Actor | None
    organization: str | None
    sub_profile: tuple[str, ...]
    client_profile: tuple[str, ...]
    is_machine: bool  # a client speaks for itself; there is no user
    dialect: TokenDialect
    verified: InitVar[object]

    def __post_init__(self, verified: object) -> None:
        if verified is not VERIFIED:
            raise TypeError("an AccessToken comes from verify_access_token only")
