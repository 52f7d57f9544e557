"""The chapters of the demo. Each makes real requests over HTTP and reports what it saw; nothing is simulated."""

import asyncio
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from mcp import Client
from mcp.types import CallToolResult

from config.environment import Environment
from local_tenant.seed import DEVELOPMENT_USERS
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.state import sealing_state
from on_behalf_of.mcp.models import ToolCall
from operations.demo.mcp_user import Wallet, mcp_client
from operations.demo.narrator import Story, token_claims
from operations.demo.person import PageError, Person


class DemoError(Exception):
    """Raised when a step did not go as expected; the text is one clear sentence."""


def expect(happened: object, otherwise: str) -> None:
    if not happened:
        raise DemoError(otherwise)


class Demo:
    def __init__(self, environment: Environment, story: Story) -> None:
        self._bridge = f"{environment.bridge_url}/mcp"
        self._api_audience = environment.api_audience
        self._story = story

    async def run(self) -> None:
        administrator, user = (Person(each.email, each.password) for each in DEVELOPMENT_USERS)
        wallet = Wallet()
        self._story.chapter(f"{administrator.email} logs in, and an MCP client gets token A")
        async with mcp_client(self._bridge, administrator, wallet) as client:
            await self._log_in(client, administrator, wallet)
            await self._greet(client)
            await self._notes(client, wallet)
        self._story.chapter(f"{user.email} may do less")
        async with mcp_client(self._bridge, user, Wallet()) as client:
            await self._refusal(client)

    async def _log_in(self, client: Client, person: Person, wallet: Wallet) -> None:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        expect(wallet.client and wallet.tokens, "The login succeeded, but the client got no token.")
        assert wallet.client is not None  # noqa: S101 - expect() said so; this tells the type checker
        assert wallet.tokens is not None  # noqa: S101
        story = self._story
        story.hop("POST /mcp without a token: 401, with the URL of the bridge's metadata")
        story.hop("bridge's metadata → tenant's metadata → the client registers itself (RFC 7591)")
        story.hop(f"the user's browser: {' → '.join(_pages(person))} → back to the client with a code")
        story.hop("code + PKCE verifier → token A")
        story.claims("Token A, for the bridge", token_claims(wallet.tokens.access_token))
        story.good(f"tools this user may call: {', '.join(tools)}")
        whoami = await self._call(client, "whoami")
        story.good(f"whoami: {whoami['subject']} (read from token A; the API is not called)")

    async def _greet(self, client: Client) -> None:
        story = self._story
        story.chapter("The bridge exchanges token A for token B and calls the API on the user's behalf")
        greeting = await self._call(client, "greet")
        row = await _last_row("/api/private-scope")
        story.hop("exchange at the tenant (RFC 8693): subject_token = token A, audience = API, scope = read:private")
        chain = [level["sub"] for level in row.actor_chain]
        story.claims(
            "Token B, for the API (as the API recorded it)",
            [
                ("audience", self._api_audience),
                ("subject", row.subject),
                ("client", row.client_id),
                ("scopes", " ".join(row.scopes)),
                ("actors", " acting for ".join(chain)),
            ],
        )
        expect(greeting["current_actor"] == row.actor, "The API's answer and its log name different actors.")
        story.good(f"greet: {greeting['greeting']}")
        if call := await _tool_call(row.trace_id):
            story.good(
                f"trace {row.trace_id[:8]}… links the API's row to the bridge's own record: "
                f"{call.tool}, {call.outcome}, token {call.exchange}, {call.duration_ms} ms"
            )
        await self._call(client, "greet")
        again = await _last_row("/api/private-scope")
        expect(again.pk != row.pk, "The second call was not recorded.")
        expect(again.token_id == row.token_id, "The second call caused a second exchange.")
        story.good(f"greet again: no second exchange, token B (jti {row.token_id[:8]}…) came from the bridge's cache")

    async def _notes(self, client: Client, wallet: Wallet) -> None:
        story = self._story
        story.chapter("A tool needs one more scope, and the client asks the user for it")
        before = set((wallet.tokens.scope or "").split()) if wallet.tokens else set()
        note = await self._call(client, "add_note", {"title": "Milk", "body": "two bottles"})
        after = set((wallet.tokens.scope or "").split()) if wallet.tokens else set()
        story.hop("403 insufficient_scope names the scope → the user consents → a new token A")
        story.good(f"scopes gained: {' '.join(sorted(after - before)) or 'none'}")
        story.good(f"add_note: “{note['title']}” is saved as the user's own")
        notes = await self._call(client, "list_notes")
        story.good(f"list_notes: {notes['count']} note; users see only their own")

    async def _refusal(self, client: Client) -> None:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        self._story.good(f"tools this user may call: {', '.join(tools)}")
        result = await client.call_tool("greet", {})
        expect(result.is_error, "The user could call a tool without having the permission for it.")
        self._story.refused(f"greet: {_text(result)}")

    async def _call(self, client: Client, tool: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments or {})
        if result.is_error or result.structured_content is None:
            raise DemoError(f"The tool {tool} failed: {_text(result)}")
        answer: dict[str, Any] = result.structured_content
        return answer


async def _last_row(path: str) -> DelegatedAccess:
    row = await DelegatedAccess.objects.filter(path=path).afirst()
    if row is None:
        raise DemoError(f"The API answered a call to {path} without recording it.")
    return row


async def _tool_call(trace_id: str) -> ToolCall | None:
    """Wait for the bridge's own record of a call, which it writes shortly after the answer; None if it never comes."""
    for _ in range(50):
        if call := await ToolCall.objects.filter(trace_id=trace_id).afirst():
            return call
        await asyncio.sleep(0.1)
    return None


def reason_of(error: BaseException) -> str:
    """Return the error as one sentence. The client's library wraps errors in groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, DemoError | PageError):
        return str(error)
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _text(result: CallToolResult) -> str:
    return " ".join(getattr(part, "text", "") for part in result.content)


def _pages(person: Person) -> Sequence[str]:
    return [page.partition("?")[0].rpartition("/")[2] for page in person.pages]


def audit_rows() -> list[tuple[str, ...]]:
    """Return the rows of the log as a reviewer reads them, oldest first."""
    return [
        (
            row.time.strftime("%H:%M:%S"),
            row.subject,
            " → ".join(level["sub"] for level in reversed(row.actor_chain)),
            f"{row.method} {row.path}",
            f"{row.decision} {row.status}",
        )
        for row in DelegatedAccess.objects.order_by("pk")
    ]


def verify_log(story: Story, head: Path) -> None:
    """Seal the remaining rows, export the head of the chain, and verify the whole log, as an operator would.

    If the log is not intact, audit_verify ends the process with its own exit code.
    """
    said = StringIO()
    for command in (["audit_seal"], ["audit_export", "--head", str(head)]):
        call_command(*command, stdout=said)
    call_command("audit_verify", "--head", str(head), stdout=said)
    state = sealing_state()
    story.hop("audit_seal: a signed seal covers every row, and each seal names the one before it")
    story.hop("audit_export --head: the end of the chain, to keep elsewhere; the export is recorded as a row, too")
    story.good(f"audit_verify: {said.getvalue().splitlines()[-1]}")
    if state.unsealed_rows:
        raise CommandError(f"{state.unsealed_rows} rows are still unsealed.")
    story.good("from now on, audit_verify detects any change to a sealed row; database triggers refuse such changes")
