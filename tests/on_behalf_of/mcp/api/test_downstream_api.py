"""How refusals and failures of the API are described to the user."""

import pytest

from on_behalf_of.mcp.api.api_path import check_path
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.notes_by_hand import ADD_NOTE
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio

SCOPE = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="write:private"'}
REPLIES: dict[str, tuple[Reply, str]] = {
    "401": (Reply(401, b'{"detail":"The access token has expired."}'), "did not accept the token"),
    "403": (
        Reply(403, b'{"detail":"Not yours."}', SCOPE),
        "API refused the operation: Not yours. It needs the scope write:private.",
    ),
    "404": (Reply(404, b'{"detail":"No note."}'), "did not find what was asked for: No note."),
    "400": (
        Reply(400, b'{"title":["Too long.","Too dull."],"body":"Bad."}'),
        "The API did not accept the input: title: Too long; title: Too dull; body: Bad.",
    ),
    "400 without a word": (Reply(400, b"[]"), "did not accept the input (400)."),
    "429": (Reply(429, b"", {"Retry-After": "3"}), "Try again in 3 seconds"),
    "500": (Reply(500, b"Traceback: password=hunter2"), "it failed (500). Try again in a moment."),
    "503": (Reply(503, b"", {"Retry-After": "99999999999"}), "it failed (503)"),
    "a redirect": (Reply(301, b"", {"Location": "http://evil.example/"}), "status 301"),
    "not JSON": (Reply(201, b"<html>"), "not a JSON object"),
    "another shape": (Reply(201, b'{"id":1}'), "is missing"),
    "another type": (
        Reply(201, b'{"id":1,"title":5,"body":"","created_at":"","updated_at":""}'),
        "title: must be of type string",
    ),
    "too long": (Reply(201, b"x" * 1_500_000), "too long"),
}


@pytest.mark.parametrize("case", REPLIES)
async def test_each_failure_of_the_api_is_described(bridge: RunningBridge, api: FakeApi, case: str) -> None:
    api.reply, words = REPLIES[case]
    bridge.registry = ToolRegistry([ADD_NOTE])
    async with bridge:
        text = await bridge.error_text("add_note", title="x")
    assert words in text
    assert "API" in text
    assert "hunter2" not in text


async def test_after_a_401_of_the_api_the_next_call_exchanges_again(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    token = bridge.token()
    async with bridge:
        api.reply = Reply(401)
        await bridge.error_text("greet", token)
        api.reply = None
        assert not (await bridge.call("greet", token)).get("isError")
    assert len(tenant.forms) == 2


async def test_an_unreachable_api_is_reported(bridge: RunningBridge) -> None:
    bridge.configure(api_base_url="http://127.0.0.1:9")
    async with bridge:
        assert "API cannot answer now: it cannot be reached" in await bridge.error_text("greet")


async def test_a_silent_api_is_abandoned_at_the_deadline(bridge: RunningBridge, api: FakeApi) -> None:
    bridge.configure(upstream_timeout=0.5)
    api.may_answer.clear()
    async with bridge:
        assert "did not answer in time" in await bridge.error_text("greet")


async def test_an_api_that_echoes_its_token_does_not_show_it(bridge: RunningBridge, api: FakeApi) -> None:
    async with bridge:
        await bridge.call("greet", token := bridge.token())
        sent = api.received[0].headers["Authorization"]
        api.reply = Reply(403, b'{"detail":"you sent ' + sent.encode() + b'"}')
        assert sent[-30:] not in await bridge.error_text("greet", token)


@pytest.mark.parametrize(
    "path", ["api/x", "//evil.example/", "/a/../admin", "/a/%2e%2e/admin", "/a?all=1", "/a#b", "/a\\b"]
)
def test_a_tool_cannot_leave_the_path_that_it_names(path: str) -> None:
    """An argument in a path may be anything, and must not send token B to another endpoint."""
    with pytest.raises(ValueError, match="path of the API"):
        check_path(path)


@pytest.mark.parametrize("path", ["/api/notes/", "/api/notes/5b1c/", "/a/..b/c.d", "/a/%C3%A9/"])
def test_ordinary_paths_pass(path: str) -> None:
    check_path(path)
