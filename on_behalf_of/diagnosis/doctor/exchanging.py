import time
from collections.abc import Iterable
from typing import Any

from on_behalf_of.diagnosis.doctor import refused_exchanges
from on_behalf_of.diagnosis.doctor.finding import Finding, Findings, not_checked, ok, problem, warning
from on_behalf_of.diagnosis.doctor.refused_tokens import Expected
from on_behalf_of.diagnosis.doctor.user_token import described
from on_behalf_of.environment.mcp_server import missing_variables
from on_behalf_of.exchange.caller import Caller
from on_behalf_of.exchange.errors import ExchangeError
from on_behalf_of.exchange.kept_token import MARGIN, ExchangedToken
from on_behalf_of.exchange.token_exchange import TokenExchange
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamHttp, UpstreamResponse
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.primitives.strict_json import MalformedJson

EXCHANGE, TOKEN = "exchange", "token B"
APART = 60  # seconds by which expires_in and exp may differ
MOST = 10**10  # seconds; larger numbers are not shown


class Overheard(UpstreamHttp):
    """An HTTP client that keeps the last answer, because the exchange reads only parts of it."""

    answer: UpstreamResponse | None = None

    def request(self, *args: Any, **kwargs: Any) -> UpstreamResponse:
        self.answer = super().request(*args, **kwargs)
        return self.answer

    def members(self) -> dict[str, Any]:
        try:
            return self.answer.json() if self.answer else {}
        except MalformedJson:
            return {}


def scope_for(caller: Caller, tools: Iterable[Tool], default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the API's scopes for the tools that this caller may use; `default` if those tools declare none."""
    usable = (tool for tool in tools if caller.token.scopes.issuperset(tool.scopes) and tool.calls_api)
    wanted = (scope for tool in usable for scope in tool.downstream_scopes or default)
    return tuple(dict.fromkeys(wanted)) or default


def exchanging(
    caller: Caller | None, exchange: TokenExchange, http: Overheard, scope: tuple[str, ...], deadline: Deadline
) -> Findings[ExchangedToken | None]:
    """Exchange once, as the MCP server does it, and examine what came back."""
    missing = missing_variables(tuple(exchange.clients.values()))
    if caller is None or missing:
        why = f"{' and '.join(missing)} is missing." if missing else "There is no token A that the bridge would accept."
        yield not_checked(EXCHANGE, why)
        return None
    try:
        exchanged = exchange.token_for(caller, scope=scope, deadline=deadline).token
    except ExchangeError as error:
        expected = Expected(exchange.rules, "API_AUTH0_AUDIENCE")
        issued = http.members().get("access_token")
        seen, remedy, setting = refused_exchanges.remedy(error, issued if isinstance(issued, str) else "", expected)
        yield problem(EXCHANGE, f"{error} {seen}".rstrip(), remedy, setting)
        return None
    asked = " ".join(scope) or "no scope in particular"
    yield ok(EXCHANGE, f"The tenant exchanged token A for token B; asked for: {asked}.")
    yield ok(TOKEN, described(exchanged.token))
    yield from _lifetime(exchanged, http.members().get("expires_in"))
    return exchanged


def _lifetime(exchanged: ExchangedToken, expires_in: object) -> Findings[None]:
    left = exchanged.token.expires_at - time.time()
    if left <= MARGIN:
        yield _short(left)
    if expires_in is not None and not _is_near(expires_in, left):
        told = f"{expires_in} seconds" if isinstance(expires_in, int) and abs(expires_in) < MOST else "no such number"
        yield warning(
            TOKEN,
            f"The answer's expires_in is {told}, and the token itself ends in {left:.0f}.",
            "The token's own exp counts here; clients that go by expires_in will be wrong.",
        )


def _is_near(expires_in: object, left: float) -> bool:
    is_number = isinstance(expires_in, int | float) and not isinstance(expires_in, bool)
    return is_number and left - APART <= expires_in <= left + APART  # type: ignore[operator]


def _short(left: float) -> Finding:
    return warning(
        TOKEN,
        f"It ends in {left:.0f} seconds, so every call exchanges again: tokens are kept until {MARGIN} seconds "
        "before they expire.",
        "Have the tenant issue tokens for the API that last several minutes.",
        "API_AUTH0_AUDIENCE",
    )
