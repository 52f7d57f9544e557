import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.environment import Environment
from operations import declared_variables
from operations.node import MIN_NODE, NODE_MODULES, Node, inspector, nodes

NPM_CI = "npm ci --ignore-scripts"
WANTED = f"MCP Inspector needs Node.js {MIN_NODE[0]}.{MIN_NODE[1]} or newer"


class Command(BaseCommand):
    help = "Open MCP Inspector, ready to connect to the bridge that `make run` started."
    requires_system_checks = ()  # no service runs in this process

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--packages", type=Path, default=NODE_MODULES, help="where the npm packages are (default: node_modules)"
        )
        parser.add_argument(
            "--protocol-era",
            choices=("auto", "modern", "legacy"),
            default="auto",
            help="MCP revisions to use: modern (2026-07-28 or later), legacy (earlier), or auto, the newest that both "
            "sides support (default)",
        )

    def handle(self, *, packages: Path, protocol_era: str, **_options: Any) -> None:
        environment: Environment = settings.ENVIRONMENT
        node = _node(packages)
        launcher = inspector(packages)
        if not launcher.exists():
            raise CommandError(f"MCP Inspector is not installed: run `{NPM_CI}` in this folder first.")
        if not _is_up(environment):
            raise CommandError(
                f"The bridge does not answer at {environment.bridge_url}. Start it with `make run` in another terminal."
            )
        url = f"{environment.bridge_url}/mcp"
        self.stdout.write(f"Opening MCP Inspector for {url}. Switch the connection on, log in, and try the tools.")
        self.stdout.flush()
        arguments = ["--web", "--transport", "http", "--server-url", url, "--protocol-era", protocol_era]
        program = str(node.program)
        os.execve(program, [program, str(launcher), *arguments], _environment(environment))  # noqa: S606


def _node(packages: Path) -> Node:
    found = list(nodes(packages))
    for node in found:
        if node.is_new_enough:
            return node
    if not found:
        raise CommandError(f"{WANTED}, and this machine has none. Install it, then run `{NPM_CI}` in this folder.")
    raise CommandError(
        f"{WANTED}, and {found[0].program} is {found[0].version or 'of an unknown version'}. "
        f"Install a newer one, or on Linux run `{NPM_CI}` in this folder, which installs one."
    )


def _is_up(environment: Environment) -> bool:
    """Return whether the configured bridge answers. Another program on its port does not count."""
    try:
        with requests.Session() as session:
            session.trust_env = environment.bridge_url.startswith("https:")  # no proxy for loopback
            answer = session.get(f"{environment.bridge_url}/.well-known/oauth-protected-resource", timeout=5)
            return bool(answer.json()["resource"] == environment.bridge_audience)
    except (requests.RequestException, ValueError, LookupError, TypeError):
        return False


def _environment(environment: Environment) -> dict[str, str]:
    """Return Inspector's environment.

    Inspector keeps registered clients under STATE_DIR, so that `make clean` removes them with the tenant, and tokens
    in memory; this process's own environment overrides both. The services' variables are left out: some are secrets.
    """
    kept = {"MCP_STORAGE_DIR": str(environment.state_dir / "inspector"), "MCP_INSPECTOR_SECRET_STORE": "memory"}
    return kept | {name: value for name, value in os.environ.items() if name not in declared_variables.NAMES}
