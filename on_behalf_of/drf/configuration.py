from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.utils.crypto import salted_hmac

from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.drf.observer import Observer
from on_behalf_of.drf.openapi.operation import Operation
from on_behalf_of.primitives.declared_settings import DeclaredSettings
from on_behalf_of.resource_server.access_token import DIALECTS
from on_behalf_of.resource_server.issuer_keys import KeyFetching
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.who_may_present import ActorRule
from on_behalf_of.setting import room_of

if TYPE_CHECKING:  # settings hold these, and need not load the token verifier
    from on_behalf_of.resource_server.access_token import AccessToken


@dataclass(frozen=True)
class ApiConfiguration:
    """The API's configuration: which tokens it accepts, from whom, and what it publishes about itself.

    A project writes it as the dictionary `ON_BEHALF_OF["API"]` (see `api_configuration`) or builds this object.
    """

    token_rules: TokenRules
    key_fetching: KeyFetching
    resource: ProtectedResource
    policy: ActorPolicy = field(default_factory=ActorPolicy)
    bridge_client_ids: frozenset[str] = frozenset()  # the usual callers; only the system checks use this
    unscoped_views: frozenset[str] = frozenset()  # dotted names of views that any accepted token may call
    user: "Callable[[AccessToken], Any] | None" = None  # the project's user for a token; None: a Caller
    passes_on_other_issuers: bool = False  # leave tokens of other issuers to the next authentication class
    database_time: float | None = 1.5  # seconds for all of a recorded call's database work; None: no limit
    login: BrowserLogin | None = None  # to the API's own pages; None if people cannot log in to them
    is_described: bool = True  # whether the API's description is public
    operations: Mapping[str, Operation] = field(default_factory=dict)  # their texts, by operation id
    observer: Observer = field(default_factory=Observer)  # receives measurements of this process

    def __hash__(self) -> int:
        # Each call looks up what belongs to its configuration; hashing all of it would cost more than the look-up.
        return hash((self.token_rules.issuer, self.token_rules.audience))


@room_of("API", ApiConfiguration)
def api_configuration(declared: DeclaredSettings) -> ApiConfiguration:
    """Return the API's configuration from `ON_BEHALF_OF["API"]`. Keys, of which the first two are required:

    ISSUER: the tenant's issuer, byte for byte as its tokens spell it. AUDIENCE: the API's identifier there.
    BASE_URL: where clients reach the API; the audience, if that is a URL. NAME: its name for people.
    SCOPES: a dictionary of the scopes and what each allows, for the metadata and the login page.
    USER_FIELD: the field of the project's user model that holds the token's subject. USER: in its place, a function (or
    its dotted path) from AccessToken to the project's user. A call for an unknown user is refused.
    OTHER_ISSUERS: "refuse", or "pass on" to leave their tokens to the next authentication class.
    UNSCOPED_VIEWS: dotted names of views that any accepted token may call.
    ACTOR_RULE ("enforce", "record"), TRUSTED_ACTORS, REQUIRE_DELEGATION, ALLOW_MACHINES, ALLOWED_ORGANIZATIONS: who may
    act; see docs/actor-policy.md. DIALECTS: "both", "rfc9068" or "auth0".
    KEYS_MAX_AGE, KEYS_MAX_STALE, KEYS_COOLDOWN, TIMEOUT: seconds. CA_FILE: certificates to trust for the tenant.
    DATABASE_TIME: seconds for all of a recorded call's database work; by default, only the log's own are limited.
    LOGIN_CLIENT_ID: a public client of the tenant, with which people log in to the API's own pages.
    DESCRIBED: whether the API's description is public.
    """
    issuer, audience = declared.url("ISSUER"), declared.identifier("AUDIENCE")
    base_url = declared.base_url("BASE_URL", audience)
    scopes = declared.texts_by_name("SCOPES")
    timeout = declared.number("TIMEOUT", 10, low=0.1, high=300)
    return ApiConfiguration(
        token_rules=TokenRules(
            issuer=issuer,
            audience=audience,
            dialects=DIALECTS[declared.choice("DIALECTS", *DIALECTS)],
        ),
        key_fetching=KeyFetching.declared(declared, timeout=timeout),
        resource=ProtectedResource(
            resource=audience,
            base_url=base_url,
            authorization_server=issuer,
            scopes=tuple(scopes),
            name=declared.text("NAME", "API"),
        ),
        policy=ActorPolicy(
            actor_rule=ActorRule(declared.choice("ACTOR_RULE", "enforce", "record")),
            trusted_actors=frozenset(declared.identifiers("TRUSTED_ACTORS")),
            require_delegation=declared.flag("REQUIRE_DELEGATION", default=False),
            allow_machines=declared.flag("ALLOW_MACHINES", default=False),
            allowed_organizations=frozenset(declared.identifiers("ALLOWED_ORGANIZATIONS")),
        ),
        unscoped_views=frozenset(declared.identifiers("UNSCOPED_VIEWS")),
        user=_user(declared),
        passes_on_other_issuers=declared.choice("OTHER_ISSUERS", "refuse", "pass on") == "pass on",
        database_time=declared.number("DATABASE_TIME", 0, low=0, high=600) or None,
        login=_login(declared.identifier("LOGIN_CLIENT_ID", ""), base_url, scopes, timeout),
        is_described=declared.flag("DESCRIBED", default=True),
    )


def _login(client_id: str, base_url: str, scopes: Mapping[str, str], timeout: float) -> BrowserLogin | None:
    if not client_id:
        return None
    return BrowserLogin(
        client_id=client_id,
        base_url=base_url,
        scopes=tuple(scopes.items()),
        timeout=timeout,
        session_key=salted_hmac("on_behalf_of tokens in sessions", "1", algorithm="sha256").digest(),
    )


def _user(declared: DeclaredSettings) -> "Callable[[AccessToken], Any] | None":
    find, name = declared.function("USER"), declared.identifier("USER_FIELD", "")
    if find and name:
        raise declared.mistake("USER_FIELD", "must not be set beside USER")
    if not name:
        return find

    def find_by_field(token: "AccessToken") -> Any:
        return get_user_model()._default_manager.filter(**{name: token.subject}).first()  # noqa: SLF001 - Django's documented name

    return find_by_field
