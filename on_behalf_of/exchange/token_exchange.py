"""The bridge as an OAuth client: exchanging token A for token B on the user's behalf (RFC 8693)."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from on_behalf_of.exchange.answer import ACCESS_TOKEN, read_issued_token
from on_behalf_of.exchange.cache import ExchangeCache, ExchangedToken, ExchangeKey
from on_behalf_of.exchange.client_authentication import BridgeClient
from on_behalf_of.exchange.delegation import check_delegation
from on_behalf_of.exchange.errors import (
    DelegationTooDeep,
    ExchangeError,
    MalformedAnswer,
    NotAUser,
    TenantDown,
    TenantThrottled,
    TenantUnavailable,
    UnusableToken,
)
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.exchange.requester import Requester
from on_behalf_of.exchange.shared_tokens import Place, SharedTokens
from on_behalf_of.exchange.token_origin import TokenOrigin
from on_behalf_of.http_client.deadline import Deadline
from on_behalf_of.http_client.http_client import (
    UpstreamError,
    UpstreamHttp,
    UpstreamInterrupted,
    UpstreamResponse,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from on_behalf_of.http_client.retry import Repeat, Upstream, UpstreamDown
from on_behalf_of.http_client.throttle import UpstreamThrottled
from on_behalf_of.primitives.call_error import CallerGone, CallError
from on_behalf_of.primitives.span import Span
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.caller_rules import ActorRule
from on_behalf_of.resource_server.errors import InvalidToken, KeysUnavailable
from on_behalf_of.resource_server.token_verifier import TokenVerifier

FORWARDED_FOR = "auth0-forwarded-for"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
TOO_MANY_ACTORS = 4  # Auth0 exchanges no subject token that already has as many


def _nothing(*_what: object) -> None:
    pass


@dataclass(frozen=True)
class TokenExchange:
    """The exchange as this bridge's clients do it, for one audience: that of `verifier`."""

    clients: Mapping[str, BridgeClient]  # by the identifier of the bridge that the tenant linked the client to
    verifier: TokenVerifier  # for token B
    http: UpstreamHttp
    cache: ExchangeCache  # of this process
    shared: SharedTokens | None  # behind it, of all processes
    tenant: Upstream
    target: ExchangeTarget = ExchangeTarget.AUDIENCE
    actor_rule: ActorRule = ActorRule.ENFORCE  # for token B
    forwards_address: bool = False  # whether the tenant is told the users' addresses
    on_exchange: Callable[[str, float], None] = _nothing  # outcome, seconds: the tenant was asked
    on_look_up: Callable[[str], None] = _nothing  # where a token was found: own, shared, or miss

    def token_for(
        self, caller: Requester, *, scope: tuple[str, ...], deadline: Deadline, rejected: ExchangedToken | None = None
    ) -> ExchangedToken:
        """A token for the API on the caller's behalf with exactly `scope` asked for, from the cache if possible.

        Never the one that was `rejected`, for the API did not accept it. Raises an ExchangeError, or CallerGone.
        """
        if caller.token.is_machine:
            raise NotAUser
        if caller.token.actor and len(caller.token.actor.chain()) >= TOO_MANY_ACTORS:
            raise DelegationTooDeep
        exchanged = self._obtained(caller, scope, deadline, rejected)
        if rejected is not None and exchanged.value == rejected.value:
            # A call that knew nothing of the rejection had brought it back from the shared cache meanwhile.
            exchanged = self._obtained(caller, scope, deadline, rejected)
        return exchanged

    def _obtained(
        self, caller: Requester, scope: tuple[str, ...], deadline: Deadline, rejected: ExchangedToken | None
    ) -> ExchangedToken:
        client = self.client_for(caller.token)
        key = self._key(caller, client, scope)
        place = Place(str(key), (caller.token.issuer, caller.token.subject, key.audience, key.client_id, *key.scope))
        interruption = caller.interruption
        has_asked = has_found = False

        def exchange() -> ExchangedToken:
            nonlocal has_asked
            has_asked = True
            with self._watching(), caller.span.child("token exchange", asks_another=True) as step:
                issued = read_issued_token(self._ask(caller, client, scope, deadline, step), secrets=client.secrets)
                return self._accepted(issued, caller, client, scope)

        def accept(token: str) -> ExchangedToken | None:
            """A token out of the shared cache, which has to pass as a fresh one does."""
            try:
                found = self._accepted(token, caller, client, scope)
            except ExchangeError:
                return None
            nonlocal has_found
            is_rejected = rejected is not None and token == rejected.value
            has_found = not is_rejected and found.is_usable(time.time())
            return found if has_found else None

        def obtain() -> ExchangedToken:
            if self.shared is None:
                return exchange()
            return self.shared.get_or_exchange(place, accept, exchange, deadline=deadline, interruption=interruption)

        if rejected is not None:
            self.cache.forget(key, rejected)
            if self.shared is not None:
                self.shared.forget(place, rejected)
        exchanged = self.cache.get_or_exchange(key, obtain, deadline=deadline, interruption=interruption)
        caller.note_origin(TokenOrigin.EXCHANGED if has_asked else TokenOrigin.CACHED)
        if not has_asked:
            self.on_look_up("shared" if has_found else "own")
        return exchanged

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Around one exchange: how it ended, and how long it took."""
        self.on_look_up("miss")
        began, outcome = time.monotonic(), "unexpected_error"
        try:
            yield
            outcome = "ok"
        except CallError as error:
            outcome = error.reason
            raise
        finally:
            self.on_exchange(outcome, time.monotonic() - began)

    def client_for(self, subject_token: AccessToken) -> BridgeClient:
        """Return the client that may exchange this token A: the one linked to the identifier that it names.

        If it names several, the one that is configured first.
        """
        return next(client for identifier, client in self.clients.items() if identifier in subject_token.audience)

    def _key(self, caller: Requester, client: BridgeClient, scope: tuple[str, ...]) -> ExchangeKey:
        return ExchangeKey(
            subject_digest=caller.token.digest,
            audience=self.verifier.rules.audience,
            scope=tuple(sorted(scope)),
            client_id=client.client_id,
        )

    def _accepted(self, issued: str, caller: Requester, client: BridgeClient, scope: tuple[str, ...]) -> ExchangedToken:
        """Token B, once it is verified as what was asked for."""
        try:
            token = self.verifier.verify(issued)
        except InvalidToken as error:
            raise UnusableToken(error.description.rstrip(".")) from error
        except KeysUnavailable as error:
            raise TenantUnavailable("its signing keys cannot be fetched", error.retry_after) from error
        check_delegation(
            token,
            subject_token=caller.token,
            client_id=client.client_id,
            scope=scope,
            actor_rule=self.actor_rule,
        )
        # `expires_in` would say the same less surely: it counts from a moment that nobody knows.
        return ExchangedToken(issued, token, usable_until=min(caller.token.expires_at, token.expires_at))

    def _ask(
        self, caller: Requester, client: BridgeClient, scope: tuple[str, ...], deadline: Deadline, step: Span
    ) -> UpstreamResponse:
        """The tenant's answer to the request of RFC 8693 §2.1. An exchange changes nothing, so it may be repeated."""
        form = {
            "grant_type": GRANT_TYPE,
            "subject_token": caller.subject_token,
            "subject_token_type": ACCESS_TOKEN,
            "requested_token_type": ACCESS_TOKEN,
            self.target.value: self.verifier.rules.audience,
        }
        if scope:
            form["scope"] = " ".join(scope)
        forwarded = {FORWARDED_FOR: caller.address} if self.forwards_address and caller.address else {}

        def send(seconds: float) -> UpstreamResponse:
            proof = client.proof(metadata.issuer)
            return self.http.request(
                "POST",
                metadata.token_endpoint,
                headers={"traceparent": caller.traceparent(step), **forwarded, **proof.headers},
                data=form | proof.form,
                deadline=seconds,
                interruption=caller.interruption,
            )

        try:
            metadata = self.verifier.keys.metadata()  # before the time for the attempts is looked at: it may take some
            return self.tenant.ask(send, deadline=deadline, interruption=caller.interruption, repeat=Repeat.IF_PASSING)
        except KeysUnavailable as error:
            raise TenantUnavailable("its metadata cannot be fetched", error.retry_after) from error
        except UpstreamDown as error:
            raise TenantDown(error.retry_after) from error
        except UpstreamThrottled as error:
            raise TenantThrottled(error.retry_after) from error
        except UpstreamInterrupted as error:
            raise CallerGone from error
        except UpstreamTimeout as error:
            raise TenantUnavailable("it did not answer in time") from error
        except UpstreamUnreachable as error:
            raise TenantUnavailable("it cannot be reached") from error
        except UpstreamError as error:
            raise MalformedAnswer("it is too long, or no proper HTTP") from error
