"""Records of tool calls as rows: written from records, and reviewed in the API's admin."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from model_bakery import baker
from pytest_django import Settings

from config.environment import BASE_DIR
from on_behalf_of.mcp.auditors import let_auditors_view
from on_behalf_of.mcp.models import ToolCall
from on_behalf_of.mcp.records import call_rows
from tests.on_behalf_of.mcp.running_bridge import RunningBridge
from tests.on_behalf_of.mcp.test_traces import TRACE_ID, TRACEPARENT

LIST = "/admin/obo_mcp/toolcall/"


@pytest.fixture
def row(db: None) -> ToolCall:
    return baker.make(ToolCall, subject="auth0|<b>alice</b>", tool="greet", trace_id=TRACE_ID, outcome="tool_error")


@pytest.fixture
def auditor(client: Client, settings: Settings, db: None) -> Client:
    settings.ROOT_URLCONF = "config.api.urls"
    user = User.objects.create_user("auditor", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Auditors"))
    client.force_login(user)
    return client


@pytest.mark.django_db(transaction=True)  # else the connection is closed, because it does not commit by itself
def test_a_record_becomes_a_row(bridge: RunningBridge) -> None:
    act = {"sub": "agt_1", "client_id": "inspector", "act": {"sub": "first"}}

    async def call() -> None:
        async with bridge:
            await bridge.post(
                {"jsonrpc": "2.0", "id": "call-1", "method": "tools/call", "params": {"name": "greet"}},
                bridge.token(act=act, org_id="org_acme", scope="tool:greet openid"),
                traceparent=TRACEPARENT,
            )

    anyio.run(call)
    call_rows.write_rows(bridge.calls)
    row = ToolCall.objects.get()
    row.full_clean(exclude=["actor_chain", "scopes"])
    assert abs(row.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert (row.tool, row.request_id, row.subject, row.client_id) == ("greet", "call-1", "auth0|alice", "inspector")
    assert row.issuer == bridge.tenant.url
    assert (row.actor, row.actor_chain) == ("agt_1", [{"sub": "agt_1", "client_id": "inspector"}, {"sub": "first"}])
    assert (row.organization, row.scopes) == ("org_acme", ["openid", "tool:greet"])
    assert (row.exchange, row.outcome, row.reason) == ("exchanged", "ok", "")
    assert (row.trace_id, row.trace_from_caller, row.arguments_digest) == (TRACE_ID, True, "")


@pytest.mark.parametrize("query", [TRACE_ID, "auth0|<b>alice</b>", "greet"])
def test_auditors_find_calls_by_exact_trace_subject_and_tool(auditor: Client, row: ToolCall, query: str) -> None:
    page = auditor.get(LIST, {"q": query}).content.decode()
    assert "1 tool call" in page
    assert f'href="/admin/obo_audit/delegatedaccess/?q={TRACE_ID}"' in page
    assert "<b>alice</b>" not in page
    assert "0 tool calls" in auditor.get(LIST, {"q": query[:-1]}).content.decode()


def test_characters_that_hide_or_reorder_others_are_shown(auditor: Client, row: ToolCall) -> None:
    """Unicode TR36 §3: an identifier of somebody's choice may look like another's."""
    ToolCall.objects.update(subject="auth0|\u202ebob", client_id="a\u200bb", actor_chain=[{"sub": "<i>\u2066"}])
    for page in (auditor.get(LIST), auditor.get(f"{LIST}{row.pk}/change/")):
        assert "auth0|&lt;U+202E&gt;bob" in page.content.decode()
        assert "a&lt;U+200B&gt;b" in page.content.decode()
        assert not {"\u202e", "\u200b", "\u2066"} & set(page.content.decode())
    assert "&lt;i&gt;&lt;U+2066&gt;" in page.content.decode()


def test_an_auditor_follows_a_call_to_the_apis_log(auditor: Client, row: ToolCall) -> None:
    page = auditor.get(f"{LIST}{row.pk}/change/").content.decode()
    assert f"/admin/obo_audit/delegatedaccess/?q={TRACE_ID}" in page
    assert "tool error" in page


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_not_even_a_superuser_changes_anything(
    admin_client: Client, settings: Settings, row: ToolCall, path: str
) -> None:
    settings.ROOT_URLCONF = "config.api.urls"
    content: dict[str, Any] = {"post": "yes", "subject": "x"}
    assert admin_client.post(LIST + path.format(pk=row.pk), content).status_code == 403
    assert ToolCall.objects.get().subject == row.subject


def test_a_long_list_is_not_counted_completely(auditor: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("on_behalf_of.mcp.admin.MOST_COUNTED", 3)
    baker.make(ToolCall, 5, outcome="ok")
    assert "3 tool calls" in auditor.get(LIST).content.decode()


@pytest.mark.parametrize("name", ["Auditors", "Audit exporters"])
def test_a_migration_lets_reviewers_view_tool_calls_and_nothing_more(db: None, name: str) -> None:
    Group.objects.filter(name=name).delete()
    for _ in range(2):
        let_auditors_view(using="default", app_config=apps.get_app_config("obo_mcp"))
    group = Group.objects.get(name=name)
    assert list(group.permissions.values_list("codename", flat=True)) == ["view_toolcall"]


def test_the_apis_process_loads_neither_the_sdk_nor_the_bridges_http_client() -> None:
    """Its admin shows the bridge's records without the code that makes them."""
    code = (
        "import sys, django; django.setup(); from django.contrib import admin; from django.urls import get_resolver;"
        "get_resolver().url_patterns; import on_behalf_of.mcp.admin;"
        "print([name for name in ('mcp', 'mcp_types', 'pydantic', 'starlette', 'on_behalf_of.mcp.endpoint.gate',"
        " 'on_behalf_of.mcp.api.client') if name in sys.modules])"
    )
    bare = {"DJANGO_SETTINGS_MODULE": "config.api.settings"}
    assert _python(code, bare) == "[]"
    light = (
        "import sys, on_behalf_of.primitives.call_error, on_behalf_of.mcp.auditors, on_behalf_of.mcp.apps;"
        "print('requests' in sys.modules)"
    )
    assert _python(light, bare) == "False"


def test_the_bridges_settings_know_neither_users_nor_sessions() -> None:
    code = (
        "import django; django.setup(); from django.apps import apps; print([a.label for a in apps.get_app_configs()])"
    )
    extra = {
        "DJANGO_SETTINGS_MODULE": "config.bridge.settings",
        "MCP_AUTH0_CLIENT_ID": "bridge",
        "MCP_AUTH0_CLIENT_SECRET": "x",
    }
    assert _python(code, extra) == "['config', 'staticfiles', 'mcp_bridge', 'obo_mcp', 'obo_pages', 'obo_serving']"


def _python(code: str, extra: dict[str, str]) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=os.environ | extra, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_records_from_before_a_day_are_deleted(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    for day in (29, 30, 31):
        baker.make(ToolCall, time=datetime(2026, 1, day, 23, 59, tzinfo=UTC), outcome="ok")
    call_command("prune_tool_calls", "--before=2026-01-31")
    assert [row.time.day for row in ToolCall.objects.all()] == [31]
    assert capsys.readouterr().out == "2 records of tool calls from before 2026-01-31 are deleted.\n"


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", ""])
def test_an_invalid_day_deletes_nothing(day: str) -> None:
    with pytest.raises(CommandError, match="must be a day such as 2026-01-31"):
        call_command("prune_tool_calls", f"--before={day}")
