"""Where a client runs: its own home directory, a browser with a user, a closed network, and the services' records."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.browser import ADA, Browser
from tests.clients.make_run import MakeRun
from tests.clients.network import ClosedNetwork

TIMEOUT = 120.0  # seconds for one command of a client


@dataclass
class Room:
    """`environment` is the whole environment of a client's process, without the developer's own variables."""

    services: MakeRun
    folder: Path
    browser: Browser
    network: ClosedNetwork
    node: Path | None  # the program, where there is one
    _first_call: int = 0
    _first_client: int = 0
    _more: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the URL of the bridge's endpoint."""
        return self.services.mcp

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        path = [
            str(self.browser.folder),
            *([str(self.node.parent)] if self.node else []),
            "/usr/local/bin:/usr/bin:/bin",
        ]
        own = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "TMPDIR": str(self.folder / "tmp"),
            "PATH": ":".join(path),
            "BROWSER": str(self.browser.folder / "xdg-open"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "DO_NOT_TRACK": "1",
            "NO_UPDATE_NOTIFIER": "1",
            "NPM_CONFIG_UPDATE_NOTIFIER": "false",
            "PYTHONUNBUFFERED": "1",
        }
        return own | self.network.environment | self._more

    def with_variables(self, variables: Mapping[str, str]) -> None:
        """Add variables to the client's environment."""
        self._more |= variables

    def run(
        self, *command: str | Path, stdin: str = "", timeout: float = TIMEOUT
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command of the client to its end, in the room; its exit code is the caller's to judge."""
        return subprocess.run(
            [str(each) for each in command],
            cwd=self.home,
            env=self.environment,
            input=stdin,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *command: str | Path) -> "subprocess.Popen[str]":
        """Start a program that talks over its standard streams. End it yourself."""
        return subprocess.Popen(
            [str(each) for each in command],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def calls(self, client_id: str | None = None) -> list[dict[str, Any]]:
        """Return the API's rows that the bridge caused since the room was opened, for one client if it is named."""
        rows = [row for row in self.services.audit() if row["id"] > self._first_call]
        for row in rows:
            row["chain"] = [actor["sub"] for actor in json.loads(row["actor_chain"])]
        return [
            row
            for row in rows
            if row["chain"][:1] == ["local-mcp-bridge"] and (client_id is None or client_id in row["chain"][1:])
        ]

    def registered(self) -> list[dict[str, Any]]:
        """Return the clients that the tenant learned of since the room was opened (RFC 7591, or by document)."""
        return self.services.rows(
            "SELECT * FROM oauth2_provider_application WHERE id > ? ORDER BY id", self._first_client
        )

    def live_tokens(self, client_id: str) -> int:
        """Return how many refresh tokens of the client are still valid."""
        (row,) = self.services.rows(
            "SELECT count(*) AS number FROM oauth2_provider_refreshtoken t"
            " JOIN oauth2_provider_application a ON a.id = t.application_id"
            " WHERE a.client_id = ? AND t.revoked IS NULL",
            client_id,
        )
        return int(row["number"])


@contextmanager
def room(services: MakeRun, folder: Path, *, node: Path | None = None, user: tuple[str, str] = ADA) -> Iterator[Room]:
    """Open a room in `folder`, which is the client's alone."""
    for name in ("home", "run", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    os.chmod(folder / "run", 0o700)  # noqa: PTH101 - as XDG_RUNTIME_DIR has to be
    (calls,) = services.rows("SELECT coalesce(max(id), 0) AS last FROM obo_audit_delegatedaccess")
    (clients,) = services.rows("SELECT coalesce(max(id), 0) AS last FROM oauth2_provider_application")
    with Browser(folder / "browser", user) as browser, ClosedNetwork() as network:
        yield Room(services, folder, browser, network, node, calls["last"], clients["last"])
