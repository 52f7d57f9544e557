from dataclasses import InitVar, dataclass
from enum import StrEnum

from on_behalf_of.resource_server.actor import Actor

VERIFIED = object()  # only `verify_access_token` uses it, to show that it has verified the token


class TokenDialect(StrEnum):
    """The two forms of access tokens that Auth0 issues. The header's `typ` distinguishes them."""

    RFC9068 = "rfc9068"
    AUTH0 = "auth0"


DIALECTS = {  # by the words for them in settings; the first is the default
    "both": frozenset(TokenDialect),
    "rfc9068": frozenset({TokenDialect.RFC9068}),
    "auth0": frozenset({TokenDialect.AUTH0}),
}


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """A verified access token; only `verify_access_token` makes one. Times are seconds since the epoch."""

    issuer: str
    subject: str
    client_id: str
    audience: tuple[str, ...]
    scopes: frozenset[str]
    permissions: frozenset[str] | None  # what the user's roles allow; None if the issuer does not say
    issued_at: float
    expires_at: float
    not_before: float | None
    jwt_id: str | None
    digest: str  # SHA-256 of the token, hexadecimal: identifies it even without jwt_id, and does not reveal it
    actor: Actor | None
    organization: str | None
    sub_profile: tuple[str, ...]
    client_profile: tuple[str, ...]
    is_machine: bool  # the client's own token, without a user
    dialect: TokenDialect
    verified: InitVar[object]

    def __post_init__(self, verified: object) -> None:
        if verified is not VERIFIED:
            raise TypeError("an AccessToken comes from verify_access_token only")
