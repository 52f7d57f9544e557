"""The protocol revision of a request: headers and body must agree before anything is called."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp_types import HEADER_MISMATCH, UNSUPPORTED_PROTOCOL_VERSION

from on_behalf_of.primitives.call_error import Outcome
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import LEGACY, MODERN, RunningBridge, modern_call, modern_headers, tools_call

pytestmark = pytest.mark.anyio

VERSION = "io.modelcontextprotocol/protocolVersion"
HEADER = "MCP-Protocol-Version"
OF_GREET = {"Mcp-Method": "tools/call", "Mcp-Name": "greet"}
Sent = tuple[dict[str, Any], list[tuple[str, str]]]


def stating(version: object) -> dict[str, Any]:
    message = modern_call("greet")
    message["params"]["_meta"][VERSION] = version
    return message


def initialize(version: str) -> dict[str, Any]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


def sending(message: dict[str, Any], *headers: dict[str, str]) -> Sent:
    return message, [pair for each in headers for pair in each.items()]


MISMATCHES: dict[str, Sent] = {
    "a current body, an earlier header": sending(modern_call("greet"), {HEADER: LEGACY}),
    "the same with all its headers": sending(modern_call("greet"), {HEADER: LEGACY}, OF_GREET),
    "a current body, the header of 2025-03-26": sending(modern_call("greet"), {HEADER: "2025-03-26"}),
    "a current body, the header of 2024-11-05": sending(modern_call("greet"), {HEADER: "2024-11-05"}),
    "a current body, an unknown header": sending(modern_call("greet"), {HEADER: "2099-01-01"}, OF_GREET),
    "a current body, no header": sending(modern_call("greet")),
    "a current body, no version header": sending(modern_call("greet"), OF_GREET),
    "an earlier revision in the body, the current header": sending(stating(LEGACY), {HEADER: MODERN}, OF_GREET),
    "an unknown revision in the body": sending(stating("2099-01-01"), {HEADER: MODERN}, OF_GREET),
    "null in the body, no header": sending(stating(None)),
    "a number in the body": sending(stating(20260728), {HEADER: MODERN}, OF_GREET),
    "an earlier body, the current header": sending(tools_call("greet"), {HEADER: MODERN}),
    "a handshake under the current header": sending(initialize(LEGACY), {HEADER: MODERN, "Mcp-Method": "initialize"}),
    "another method under an earlier header": sending(
        tools_call("greet"), {HEADER: LEGACY, "Mcp-Method": "tools/list", "Mcp-Name": "greet"}
    ),
    "another tool under an earlier header": sending(tools_call("greet"), {HEADER: LEGACY, "Mcp-Name": "whoami"}),
    "another tool without a version header": sending(tools_call("greet"), {"Mcp-Name": "whoami"}),
    "a name in broken base64": sending(modern_call("greet"), modern_headers("=?base64?!?=")),
    "two versions": sending(modern_call("greet"), modern_headers("greet"), {HEADER: LEGACY}),
    "two versions, the earlier first": sending(tools_call("greet"), {HEADER: LEGACY}, {HEADER: MODERN}),
    "one version twice": sending(tools_call("greet"), {HEADER: LEGACY}, {HEADER: LEGACY}),
    "two methods": sending(tools_call("greet"), {"Mcp-Method": "tools/call"}, {"Mcp-Method": "tools/list"}),
    "two names": sending(modern_call("greet"), modern_headers("greet"), {"Mcp-Name": "whoami"}),
}


async def post(bridge: RunningBridge, sent: Sent, token: str | None = None) -> Any:
    message, headers = sent
    defaults = {
        "Authorization": f"Bearer {token or bridge.token()}",
        "Accept": "application/json, text/event-stream",
    }
    return await bridge.http.post("/mcp", json=message, headers=[*defaults.items(), *headers])


@pytest.mark.parametrize("case", MISMATCHES)
async def test_headers_and_body_that_disagree_are_400_and_nothing_is_called(
    bridge: RunningBridge, tenant: FakeTenant, case: str
) -> None:
    """MCP 2026-07-28 streamable HTTP §Protocol Version Header, §Server Validation."""
    async with bridge:
        response = await post(bridge, MISMATCHES[case])
    assert response.status_code == 400
    assert response.json()["error"]["code"] == HEADER_MISMATCH
    assert response.json()["id"] == 1
    assert tenant.forms == []
    assert [(each.outcome, each.reason) for each in bridge.calls] == (
        [] if "handshake" in case else [(Outcome.REFUSED, "invalid_request")]
    )


AGREEING: dict[str, Sent] = {
    "a current body under its headers": sending(modern_call("greet"), modern_headers("greet")),
    "a name in base64": sending(modern_call("greet"), modern_headers("=?base64?Z3JlZXQ=?=")),
    "an earlier body under its header": sending(tools_call("greet"), {HEADER: LEGACY}),
    "an earlier body with headers of the current revision that agree": sending(
        tools_call("greet"), {HEADER: LEGACY}, OF_GREET
    ),
    "no header at all": sending(tools_call("greet")),
}


@pytest.mark.parametrize("case", AGREEING)
async def test_headers_and_body_that_agree_are_served(bridge: RunningBridge, case: str) -> None:
    async with bridge:
        response = await post(bridge, AGREEING[case])
    assert response.json()["result"]["structuredContent"]["subject"] == "auth0|alice"


async def test_a_notification_that_disagrees_is_refused_too(bridge: RunningBridge) -> None:
    message = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"_meta": {VERSION: MODERN}}}
    async with bridge:
        refused = await post(bridge, sending(message, {HEADER: LEGACY}))
        accepted = await post(bridge, sending(message, {HEADER: MODERN}))
    assert (refused.status_code, accepted.status_code) == (400, 202)
    assert (refused.json()["error"]["code"], refused.json()["id"]) == (HEADER_MISMATCH, None)


async def test_members_missing_in_the_body_are_invalid_params_if_the_headers_are_valid(bridge: RunningBridge) -> None:
    """MCP 2026-07-28 §_meta: nothing contradicts, but something is missing."""
    async with bridge:
        response = await post(bridge, sending(tools_call("greet"), modern_headers("greet")))
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32602)


async def test_a_header_alone_never_causes_a_scope_challenge(bridge: RunningBridge) -> None:
    """No tool is called under another tool's name, and no client is asked for consent by mistake."""
    sent = sending(modern_call("add_note", title="x"), modern_headers("whoami"))
    async with bridge:
        response = await post(bridge, sent, bridge.token(scope="tool:whoami"))
    assert (response.status_code, response.json()["error"]["code"]) == (400, HEADER_MISMATCH)


SERVED = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]
UNSUPPORTED: dict[str, tuple[Sent, list[str]]] = {
    "2024-11-05": (sending(tools_call("greet"), {HEADER: "2024-11-05"}), SERVED),
    "a date to come": (sending(tools_call("greet"), {HEADER: "2099-01-01"}), SERVED),
    "a word": (sending(tools_call("greet"), {HEADER: "latest"}), SERVED),
    "nothing": (sending(tools_call("greet"), {HEADER: ""}), SERVED),
    "two in one line": (sending(tools_call("greet"), {HEADER: f"{LEGACY}, {LEGACY}"}), SERVED),
    "a handshake under 2024-11-05": (sending(initialize("2024-11-05"), {HEADER: "2024-11-05"}), SERVED),
    "2024-11-05 in the body too": (sending(stating("2024-11-05"), {HEADER: "2024-11-05"}, OF_GREET), [MODERN]),
    "a date to come in the body too": (sending(stating("2099-01-01"), {HEADER: "2099-01-01"}, OF_GREET), [MODERN]),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
async def test_an_unsupported_revision_is_400_with_the_supported_ones(
    bridge: RunningBridge, tenant: FakeTenant, case: str
) -> None:
    """MCP 2025-11-25 §Protocol Version Header; 2026-07-28 §Protocol Version Negotiation."""
    sent, supported = UNSUPPORTED[case]
    async with bridge:
        response = await post(bridge, sent)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, UNSUPPORTED_PROTOCOL_VERSION)
    assert error["data"] == {"supported": supported, "requested": dict(sent[1])[HEADER]}
    assert tenant.forms == []


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        ("x", "2025-11-25"),
    ],
)
async def test_a_handshake_agrees_on_a_supported_revision(bridge: RunningBridge, asked: str, offered: str) -> None:
    """MCP lifecycle §Version Negotiation: another revision is offered in return for one that is not served."""
    async with bridge:
        response = await post(bridge, sending(initialize(asked)))
        again = await post(bridge, sending(tools_call("whoami"), {HEADER: offered}))
    assert response.json()["result"]["protocolVersion"] == offered
    assert again.json()["result"]["structuredContent"]["subject"] == "auth0|alice"


VERSIONS = st.sampled_from([*SERVED, "2024-11-05", "2099-01-01"]) | st.from_regex(r"[0-9a-z-]{1,12}", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests=st.lists(st.tuples(VERSIONS | st.none(), VERSIONS | st.none()), min_size=5, max_size=20))
async def test_no_tool_answers_unless_header_and_body_agree(
    bridge: RunningBridge, requests: list[tuple[str | None, str | None]]
) -> None:
    async with bridge:
        for header, stated in requests:
            message = tools_call("greet") if stated is None else stating(stated)
            response = await post(bridge, sending(message, OF_GREET, {HEADER: header} if header else {}))
            is_current = header == stated == MODERN
            is_earlier = stated is None and header in {None, *SERVED} - {MODERN}
            # A body may state an earlier revision in the current one's way, as long as the header does too.
            is_odd = header == stated and header in SERVED
            assert response.status_code == (200 if is_current or is_earlier or is_odd else 400), response.text
