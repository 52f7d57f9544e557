"""Token sources that report to the observer what the source behind them does."""

import time
from dataclasses import dataclass

from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.observer import ExchangeObserver
from on_behalf_of.exchange.token_source import Obtained, Origin, TokenSource, Wanted
from on_behalf_of.primitives.call_error import CallError


@dataclass(frozen=True)
class MeasuredTenant:
    """Reports how each exchange ends and how long it takes, failed ones included. Stands directly before the tenant."""

    source: TokenSource
    observer: ExchangeObserver

    def token(self, wanted: Wanted, *, rejected: ExchangedToken | None = None) -> Obtained:
        self.observer.looked_up(Origin.TENANT.value)
        began = time.monotonic()
        try:
            obtained = self.source.token(wanted, rejected=rejected)
        except BaseException as error:
            outcome = error.reason if isinstance(error, CallError) else "unexpected_error"
            self.observer.exchanged(outcome, time.monotonic() - began)
            raise
        self.observer.exchanged("ok", obtained.seconds)
        return obtained


@dataclass(frozen=True)
class MeasuredCaches:
    """Reports which tokens were found, and where. Stands before all other sources."""

    source: TokenSource
    observer: ExchangeObserver

    def token(self, wanted: Wanted, *, rejected: ExchangedToken | None = None) -> Obtained:
        obtained = self.source.token(wanted, rejected=rejected)
        if obtained.origin is not Origin.TENANT:  # MeasuredTenant reports those, failed ones too
            self.observer.looked_up(obtained.origin.value)
        return obtained
