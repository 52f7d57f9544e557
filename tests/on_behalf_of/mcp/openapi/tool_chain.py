"""Calls of tools as the bridge makes them, without its endpoint: real checks, real exchange, real client, raw API."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.exchange.client_authentication import ConfidentialClient
from on_behalf_of.exchange.token_exchange import token_exchange_for
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.http_client.retry import PASSING, Upstream
from on_behalf_of.mcp.served_request import ServedRequest
from on_behalf_of.mcp.tool import Tool, ToolAnswer
from on_behalf_of.mcp.tool_calls import ToolCalls
from on_behalf_of.primitives.call_error import CallError
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, BRIDGE_CLIENT
from tests.loopback_server import serving
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.openapi.raw_api import RawApi, RawRequest, raw_api

TIMEOUT = 20  # seconds


@dataclass(frozen=True)
class Called:
    """What one call of a tool did."""

    requests: Sequence[RawRequest]  # that the API received
    answer: ToolAnswer | None
    error: CallError | None

    @property
    def is_sentence(self) -> bool:
        """Return whether the caller got an error that explains itself, not the one for mistakes in our own code."""
        text = str(self.error)
        is_readable = bool(text) and text.isprintable() and text[0].isupper() and text.endswith(".")
        return self.error is not None and self.error.reason != "unexpected_error" and is_readable


class ToolChain:
    def __init__(self, tenant: FakeTenant, api: RawApi) -> None:
        self.tenant, self.api = tenant, api
        self._keys = IssuerKeys(tenant.url, KeyFetching(timeout=5))
        self._exchange = token_exchange_for(
            TokenRules(tenant.url, API_AUDIENCE),
            clients={BRIDGE_AUDIENCE: ConfidentialClient(BRIDGE_CLIENT, secret=CLIENT_SECRET)},
            timeout=TIMEOUT,
            keys=self._keys,
        )
        self._http = UpstreamHttp(timeout=TIMEOUT)
        self._callers: dict[tuple[str, ...], Caller] = {}

    def call(self, tool: Tool, arguments: Mapping[str, Any], *, base_path: str = "") -> Called:
        """Call a tool as a user whose token has its scopes. `base_path` is that of API_BASE_URL."""
        self.api.taken()
        served = ServedRequest(self._caller(tool.scopes))
        calls = self._calls_below(base_path)
        try:
            answer, error = calls.run(tool, arguments, served, calls.deadline()), None
        except CallError as raised:
            answer, error = None, raised
        return Called(self.api.taken(), answer, error)

    def _calls_below(self, base_path: str) -> ToolCalls:
        return ToolCalls(
            exchange=self._exchange,
            http=self._http,
            # One for each call, so that a failing API is asked again.
            api=Upstream("The API", timeout=TIMEOUT, broken_by=PASSING, is_broken_by_silence=False),
            api_base_url=self.api.url + base_path,
            default_scope=(),
            timeout=TIMEOUT,
        )

    def _caller(self, scopes: tuple[str, ...]) -> Caller:
        if scopes not in self._callers:
            text = self.tenant.token(aud=BRIDGE_AUDIENCE, scope=" ".join(scopes))
            verified = TokenVerifier(TokenRules(self.tenant.url, BRIDGE_AUDIENCE), self._keys).verify(text)
            self._callers[scopes] = Caller(verified, text)
        return self._callers[scopes]


@contextmanager
def tool_chain(scopes: Sequence[str]) -> Iterator[ToolChain]:
    """Yield a chain whose tenant grants these scopes of the API."""
    tenant = FakeTenant()
    tenant.grantable = set(scopes)
    with serving(tenant.respond) as url, raw_api() as api:
        tenant.url = f"{url}/"
        yield ToolChain(tenant, api)
