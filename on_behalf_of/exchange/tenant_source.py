"""Ask the tenant for a token on a user's behalf (RFC 8693)."""

import time
from dataclasses import dataclass

from on_behalf_of.exchange.answer import ACCESS_TOKEN, read_issued_token
from on_behalf_of.exchange.delegation import DelegationVerifier
from on_behalf_of.exchange.errors import MalformedAnswer, TenantDown, TenantThrottled, TenantUnavailable
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.token_source import Obtained, Origin, Wanted
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
from on_behalf_of.primitives.call_error import CallerGone
from on_behalf_of.primitives.span import Span
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.refusals import KeysUnavailable

FORWARDED_FOR = "auth0-forwarded-for"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass(frozen=True)
class TenantSource:
    """Exchanges tokens at the tenant's token endpoint, once for each call, and verifies the answers."""

    keys: IssuerKeys  # their metadata names the token endpoint
    http: UpstreamHttp
    tenant: Upstream
    verifier: DelegationVerifier
    target: ExchangeTarget = ExchangeTarget.AUDIENCE
    forwards_address: bool = False  # whether to tell the tenant the users' addresses

    def token(self, wanted: Wanted, *, rejected: ExchangedToken | None = None) -> Obtained:  # noqa: ARG002 - TokenSource
        """Return a new token. Raises an ExchangeError, or CallerGone."""
        began = time.monotonic()
        with wanted.span.child("token exchange", asks_another=True) as step:
            issued = read_issued_token(self._ask(wanted, step), secrets=wanted.client.secrets)
            exchanged = self.verifier.verify(issued, wanted)
        return Obtained(exchanged, Origin.TENANT, time.monotonic() - began)

    def _ask(self, wanted: Wanted, step: Span) -> UpstreamResponse:
        """Return the tenant's answer (RFC 8693 §2.1). An exchange changes nothing, so it may be repeated."""
        caller = wanted.caller
        form = {
            "grant_type": GRANT_TYPE,
            "subject_token": caller.subject_token,
            "subject_token_type": ACCESS_TOKEN,
            "requested_token_type": ACCESS_TOKEN,
            self.target.value: wanted.audience,
        }
        if wanted.scope:
            form["scope"] = " ".join(wanted.scope)
        forwarded = {FORWARDED_FOR: caller.address} if self.forwards_address and caller.address else {}

        def send(seconds: float) -> UpstreamResponse:
            proof = wanted.client.proof(metadata.issuer)
            return self.http.request(
                "POST",
                metadata.token_endpoint,
                headers={"traceparent": wanted.trace.traceparent_in(step), **forwarded, **proof.headers},
                data=form | proof.form,
                deadline=seconds,
                interruption=wanted.interruption,
            )

        try:
            metadata = self.keys.metadata()  # before the first attempt, because it may take some of the time
            return self.tenant.ask(
                send, deadline=wanted.deadline, interruption=wanted.interruption, repeat=Repeat.IF_PASSING
            )
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
            raise MalformedAnswer("it is too long, or not valid HTTP") from error
