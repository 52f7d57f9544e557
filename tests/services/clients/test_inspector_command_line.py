"""MCP Inspector's command line in both protocol eras: results and exit codes for scripts."""

import json
from pathlib import Path

import pytest

from mcp_bridge.tools.registry import TOOLS
from tests.services.clients.running_inspector import command_line, result_of
from tests.services.running import Running

pytestmark = pytest.mark.node

ADMINISTRATOR = "auth0|local-admin"
NEEDS_LOGIN, TOOL_FAILED = 3, 5  # its exit codes


@pytest.fixture(params=["modern", "legacy"])
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_lists_the_tools_and_finds_their_schemas_portable(services: Running, tmp_path: Path, era: str) -> None:
    token = services.subject_token(ADMINISTRATOR)
    run = command_line(services, tmp_path, "--method", "tools/list", "--strict", "--protocol-era", era, token=token)
    names = [tool["name"] for tool in result_of(run)["tools"]]
    assert names == [tool.name for tool in TOOLS]
    assert json.loads(run.stdout).get("schemaFindings", []) == []


def test_it_calls_a_tool_and_the_call_is_recorded(services: Running, tmp_path: Path, era: str) -> None:
    token, before = services.subject_token(ADMINISTRATOR), len(services.audit())
    run = command_line(
        services, tmp_path, "--method", "tools/call", "--tool-name", "greet", "--protocol-era", era, token=token
    )
    assert result_of(run)["structuredContent"]["greeting"] == f"Hello {ADMINISTRATOR}!"
    (row,) = services.audit()[before:]
    assert (row["subject"], row["path"], row["decision"]) == (ADMINISTRATOR, "/api/private-scope", "allowed")


def test_without_a_token_it_says_that_it_needs_a_login(services: Running, tmp_path: Path, era: str) -> None:
    run = command_line(
        services, tmp_path, "--method", "tools/list", "--stored-auth-only", "--protocol-era", era, token=None
    )
    assert run.returncode == NEEDS_LOGIN
    assert json.loads(run.stderr)["error"]["code"] == "auth_required"


def test_a_failing_tool_is_recognized(services: Running, tmp_path: Path, era: str) -> None:
    run = command_line(
        services, tmp_path, "--method", "tools/call", "--tool-name", "get_datetime",
        "--tool-arg", "timezone=Mars/Olympus", "--protocol-era", era, token=services.subject_token(ADMINISTRATOR),
    )  # fmt: skip
    assert run.returncode == TOOL_FAILED
    assert "not a known IANA time zone" in run.stdout
