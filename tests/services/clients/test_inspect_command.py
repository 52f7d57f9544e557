"""`make inspect` next to `make run`: Inspector opens and knows where to connect."""

import base64
import shutil
from pathlib import Path

import pytest

from operations.node import inspector as inspector_launcher
from tests.config.test_commands import manage, refusal
from tests.services.clients.running_inspector import inspecting
from tests.services.running import Running

pytestmark = pytest.mark.node


def test_inspector_opens_with_only_the_bridge_to_connect_to(services: Running, tmp_path: Path) -> None:
    with inspecting(services, tmp_path) as inspector:
        (server,) = inspector.servers().values()
        assert server["url"] == services.mcp
        assert server["protocolEra"] == "auto"
    assert f"Opening MCP Inspector for {services.mcp}" in inspector.log.read_text()
    assert not (tmp_path / ".mcp-inspector").exists()  # it leaves nothing in the user's home


def test_inspector_gets_none_of_the_services_secrets(services: Running, tmp_path: Path) -> None:
    node, launcher = tmp_path / "bin" / "node", inspector_launcher(tmp_path)
    for file in (node, launcher):
        file.parent.mkdir(parents=True)
    node.write_text(f"#!{shutil.which('sh')}\n[ $1 = --version ] && echo v22.19.0 || {shutil.which('env')}\n")
    node.chmod(0o755)
    launcher.touch()
    secrets = dict.fromkeys(("MCP_AUTH0_CLIENT_SECRET", "SECRET_KEY"), "not-for-others-and-at-least-32-characters")
    secrets |= {
        "CACHE_URL": "redis://:not-for-others@127.0.0.1/0",
        "CACHE_ENCRYPTION_KEYS": base64.b64encode(b"not-for-others".ljust(32, b"x")).decode(),
    }
    environment = services.environment | secrets | {"PATH": str(node.parent)}
    told = manage(environment, "inspect", "--packages", str(tmp_path)).stdout
    assert "not-for-others" not in told
    assert secrets["CACHE_ENCRYPTION_KEYS"] not in told
    assert "DATABASE_URL" not in told
    assert f"MCP_STORAGE_DIR={services.state_dir}" in told


def test_another_server_on_the_port_is_not_mistaken_for_the_bridge(services: Running) -> None:
    elsewhere = services.environment | {"MCP_SERVER_URL": services.api}
    assert f"The bridge does not answer at {services.api}" in refusal(elsewhere, "inspect")
