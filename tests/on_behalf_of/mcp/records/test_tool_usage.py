"""The page that tells reviewers which tools there are, where they come from, and how often they are called."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from model_bakery import baker
from pytest_django import Settings

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.models import ToolCall
from on_behalf_of.mcp.tool_usage import usage

PAGE = "/admin/obo_mcp/toolcall/tools/"


def staff(client: Client, settings: Settings, *groups: str) -> Client:
    settings.ROOT_URLCONF = "config.api.urls"
    user = User.objects.create_user("reviewer", password="x", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_calls_are_counted_by_tool_and_outcome() -> None:
    baker.make(ToolCall, 2, tool="greet", outcome="ok")
    baker.make(ToolCall, tool="greet", outcome="refused")
    baker.make(ToolCall, tool="greet", outcome="tool_error")
    last = baker.make(ToolCall, tool="greet", outcome="failed")
    baker.make(ToolCall, 3, tool="gone", outcome="refused")
    found = usage(TOOLS)
    counts = {tool.name: (each.calls, each.refused, each.failed) for tool, each in found.tools}
    assert counts["greet"] == (5, 1, 2)
    assert counts["list_notes"] == (0, 0, 0)
    assert [(name, each.calls) for name, each in found.others] == [("gone", 3)]
    assert next(each.last for tool, each in found.tools if tool.name == "greet") == last.time
    assert (found.counted, found.is_partial) == (8, False)


@pytest.mark.django_db
def test_only_the_newest_calls_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("on_behalf_of.mcp.tool_usage.MOST_COUNTED", 2)
    baker.make(ToolCall, 3, tool="greet", outcome="ok")
    found = usage(TOOLS)
    assert (found.counted, found.is_partial) == (2, True)


@pytest.mark.django_db
def test_an_auditor_sees_every_tool_with_its_origin(client: Client, settings: Settings) -> None:
    baker.make(ToolCall, tool="<b>drop\u202e", outcome="refused")
    page = staff(client, settings, "Auditors").get(PAGE).content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert all(tool.name in text for tool in TOOLS)
    assert "Made from the API's GET /api/notes/" in text
    assert "Written by hand" in text
    assert "&lt;b&gt;drop&lt;U+202E&gt;" in page
    assert "\u202e" not in page


@pytest.mark.django_db
def test_others_do_not_see_it(client: Client, settings: Settings) -> None:
    assert staff(client, settings).get(PAGE).status_code == 403
    client.logout()
    assert client.get(PAGE).status_code == 302


@pytest.mark.django_db
def test_it_is_for_reading_only(client: Client, settings: Settings) -> None:
    assert staff(client, settings, "Auditors").post(PAGE).status_code == 405


@pytest.mark.django_db
def test_a_registry_that_cannot_be_read_is_one_sentence(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = settings.ON_BEHALF_OF["MCP"]
    settings.ON_BEHALF_OF = settings.ON_BEHALF_OF | {
        "MCP": type(configured)(**vars(configured) | {"tools": "no.where"})
    }
    answer = staff(client, settings, "Auditors").get(PAGE)
    assert answer.status_code == 200
    assert "cannot be imported" in answer.content.decode()
