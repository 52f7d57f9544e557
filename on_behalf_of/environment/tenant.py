"""The tenant: its issuer, the tokens that it issues, its keys, and how long to wait for it."""

from on_behalf_of.environment import kinds
from on_behalf_of.environment.variable import ALL, API, BRIDGE, Variable, Variables

BOTH = (API, BRIDGE)

AUTH0_DOMAIN = Variable(
    "AUTH0_DOMAIN",
    kinds.domain,
    "the Auth0 tenant's host name; the issuer is `https://{AUTH0_DOMAIN}/`",
    ALL,
    example="",
)
OAUTH_ISSUER = Variable(
    "OAUTH_ISSUER",
    kinds.issuer,
    "the issuer, byte for byte as its metadata spells it; overrides `AUTH0_DOMAIN`. `http` is accepted on loopback "
    "only",
    ALL,
    otherwise="the local tenant's, `http://localhost:9000/`",
)
TOKEN_DIALECTS = Variable(
    "TOKEN_DIALECTS",
    kinds.choice("both", "rfc9068", "auth0"),
    "the forms of access token that are accepted: `rfc9068`, `auth0` or `both`",
    BOTH,
    default="both",
)
TOKEN_ACTOR_RULE = Variable(
    "TOKEN_ACTOR_RULE",
    kinds.choice("enforce", "record"),
    "`enforce`: refuse a token whose current actor (`act`) is not its client. `record`: accept and record it, for "
    "tenants that name actors by other ids ([actor policy](actor-policy.md))",
    BOTH,
    default="enforce",
)
JWKS_MAX_AGE = Variable(
    "JWKS_MAX_AGE",
    kinds.number(1, 86_400),
    "seconds for which the tenant's keys are used; they are renewed in the background before that",
    BOTH,
    default="600",
)
JWKS_MAX_STALE = Variable(
    "JWKS_MAX_STALE",
    kinds.number(0, 604_800),
    "further seconds for which the keys are used while the tenant cannot be reached. After that they are dropped, so "
    "that a withdrawn key is not trusted indefinitely",
    BOTH,
    default="14400",
)
JWKS_REFETCH_COOLDOWN = Variable(
    "JWKS_REFETCH_COOLDOWN",
    kinds.number(1, 3_600),
    "seconds between two fetches that tokens with unknown keys may cause",
    BOTH,
    default="10",
)
UPSTREAM_TIMEOUT = Variable(
    "UPSTREAM_TIMEOUT",
    kinds.number(0.1, 300),
    "seconds for a whole tool call, the exchange included, and for each request to the tenant. A first fetch of the "
    "tenant's keys may add three seconds",
    BOTH,
    default="10",
)
UPSTREAM_CA_FILE = Variable(
    "UPSTREAM_CA_FILE",
    kinds.file,
    "a PEM file of certificates to trust instead of the public ones",
    BOTH,
    otherwise="public certificates",
)
VARIABLES = (
    AUTH0_DOMAIN,
    OAUTH_ISSUER,
    TOKEN_DIALECTS,
    TOKEN_ACTOR_RULE,
    JWKS_MAX_AGE,
    JWKS_MAX_STALE,
    JWKS_REFETCH_COOLDOWN,
    UPSTREAM_TIMEOUT,
    UPSTREAM_CA_FILE,
)


def configured_issuer(read: Variables) -> str:
    """Return OAUTH_ISSUER, or the issuer that AUTH0_DOMAIN stands for; "" if both are unset."""
    if named := read(OAUTH_ISSUER):
        return named
    domain = read(AUTH0_DOMAIN)
    return f"https://{domain}/" if domain else ""


def is_auth0(read: Variables) -> bool:
    """Return whether AUTH0_DOMAIN alone names the tenant."""
    return bool(read.text(AUTH0_DOMAIN)) and not read.text(OAUTH_ISSUER)
