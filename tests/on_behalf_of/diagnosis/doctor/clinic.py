"""A healthy deployment in this process: tenant, URLs of bridge and API, and a configuration. Tests then break it."""

import contextlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import override_settings

from config import services
from config.environment import read_environment
from on_behalf_of.resource_server.protected_resource import WELL_KNOWN, ProtectedResource
from tests.issuer import BRIDGE_CLIENT, public_jwk
from tests.loopback_server import Received, Reply, serving
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi

METADATA, KEYS = "/.well-known/openid-configuration", "/.well-known/jwks.json"


class Tenant(FakeTenant):
    def __init__(self) -> None:
        super().__init__()
        self.metadata_changes: dict[str, Any] = {}
        self.published_keys: list[dict[str, Any]] | None = None  # in place of its own
        self.pages: dict[str, Reply] = {}  # path -> what to say in place of the documents
        self.date: str | None = None

    def documents(self) -> dict[str, dict[str, Any]]:
        documents = super().documents()
        documents[METADATA] |= {"code_challenge_methods_supported": ["S256"], **self.metadata_changes}
        if self.published_keys is not None:
            documents[KEYS]["keys"] = self.published_keys
        return documents

    def respond(self, received: Received) -> Reply:
        reply = self.pages.get(received.path) or super().respond(received)
        return Reply(reply.status, reply.body, {"Date": self.date} if self.date else {})

    def own_keys(self) -> list[dict[str, Any]]:
        return [public_jwk(key) for key in self.keys]


class Api(FakeApi):
    metadata: dict[str, Any]

    def respond(self, received: Received) -> Reply:
        if received.path == "/healthz":
            return Reply(200, b'{"status": "ok"}')
        if received.path == WELL_KNOWN:
            return Reply(200, json.dumps(self.metadata).encode())
        return super().respond(received)


class BridgePages:
    metadata: Any

    def respond(self, received: Received) -> Reply:
        is_metadata = received.path in {WELL_KNOWN, f"{WELL_KNOWN}/mcp"} and self.metadata
        return Reply(200, json.dumps(self.metadata).encode()) if is_metadata else Reply(404)


@dataclass(frozen=True)
class Report:
    exit_code: int
    findings: list[dict[str, str]]
    output: str

    def having(self, status: str) -> list[dict[str, str]]:
        return [finding for finding in self.findings if finding["status"] == status]

    def of(self, check: str) -> list[dict[str, str]]:
        return [finding for finding in self.findings if finding["check"] == check]


@dataclass
class Clinic:
    tenant: Tenant
    api: Api
    bridge: BridgePages
    variables: dict[str, str]
    folder: Path
    token_changes: dict[str, Any] = field(default_factory=dict)  # to the claims of token A
    token_header: dict[str, Any] = field(default_factory=dict)
    token: str | None = None  # in place of token A

    def rename_bridge(self, identifier: str) -> None:
        """Rename it at the bridge and in the configuration."""
        self.variables["AUTH0_AUDIENCE"] = self.bridge.metadata["resource"] = identifier

    def token_a(self) -> str:
        scope = "tool:whoami tool:greet"
        claims = self.tenant.claims(**({"aud": self.variables["AUTH0_AUDIENCE"], "scope": scope} | self.token_changes))
        return self.token or self.tenant.sign(claims, **self.token_header)

    def configured(self) -> dict[str, Any]:
        """The setting ON_BEHALF_OF, as the repository's own services have it from the variables."""
        environment = read_environment(self.variables)
        return {
            "API": services.api_configuration(environment),
            "AUDIT": services.audit_configuration(environment),
            "MCP": services.bridge_configuration(environment),
        }

    def examine(self, *arguments: str, with_token: bool = True) -> Report:
        """Return the command's findings, after checking that they leak nothing."""
        token = self.token_a()
        if with_token:
            (self.folder / "token").write_text(f"{token}\n")
            arguments = (*arguments, "--token-file", str(self.folder / "token"))
        output, errors = io.StringIO(), io.StringIO()
        exit_code = 0
        with contextlib.redirect_stderr(errors), override_settings(ON_BEHALF_OF=self.configured()):
            try:
                call_command("doctor", "--json", *arguments, stdout=output)
            except SystemExit as end:
                exit_code = int(end.code or 0)
        said = output.getvalue() + errors.getvalue()
        assert "Traceback" not in said
        for secret in (token, CLIENT_SECRET, "eyJ"):
            assert secret not in said
        return Report(exit_code, json.loads(output.getvalue())["findings"], said)


@contextmanager
def healthy(folder: Path, *, tls: Path | None = None) -> Iterator[Clinic]:
    """Return a healthy deployment; with `tls`, the tenant uses https."""
    tenant, api, bridge = Tenant(), Api(), BridgePages()
    with (
        serving(tenant.respond, tls=tls) as issuer,
        serving(api.respond) as api.url,
        serving(bridge.respond) as bridge_url,
    ):
        tenant.url = f"{issuer}/"
        bridge.metadata = ProtectedResource(f"{bridge_url}/mcp", bridge_url, tenant.url, (), "Bridge").metadata()
        api.metadata = ProtectedResource(f"{api.url}/", api.url, tenant.url, (), "API").metadata()
        variables = {
            "STATE_DIR": str(folder / "state"),
            "DEBUG": "false",
            "OAUTH_ISSUER": tenant.url,
            "AUTH0_AUDIENCE": f"{bridge_url}/mcp",
            "MCP_SERVER_URL": bridge_url,
            "API_AUTH0_AUDIENCE": f"{api.url}/",
            "API_BASE_URL": api.url,
            "MCP_AUTH0_CLIENT_ID": BRIDGE_CLIENT,
            "MCP_AUTH0_CLIENT_SECRET": CLIENT_SECRET,
            "UPSTREAM_TIMEOUT": "3",
        }
        yield Clinic(tenant, api, bridge, variables, folder)
