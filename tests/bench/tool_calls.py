"""Measure what a tool call costs the bridge, in turns with one that exchanges in each call (`baseline_bridge`).

The same server, tenant and API on both sides. The tenant is one that costs next to nothing, near and as far as real
ones are.
"""

import itertools
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from config.service_command import service_command
from operations.stack import free_ports, local_environment
from tests.bench.compare import Scenario, compare
from tests.bench.load import request
from tests.bench.processes import process, pss
from tests.bench.quick_tenant import keep_away, quick_tenant
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases

CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "greet", "arguments": {}}})
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
TOKENS = 9_000  # that are used once each
FAR = 30  # milliseconds


def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as running:
        state = Path(folder)
        ports = dict(zip(("tenant", "api", "bridge", "baseline"), free_ports(4), strict=True))
        environment = local_environment(ports, state) | {
            "DEBUG": "false",
            "OAUTH_ISSUER": f"http://127.0.0.1:{ports['tenant']}/",
            "MCP_AUTH0_CLIENT_ID": "bench-bridge",
            "MCP_AUTH0_CLIENT_SECRET": "bench-bridge-secret",
        }
        running.enter_context(databases.copied_sqlite(databases.migrated_sqlite(state), state))
        issuer = running.enter_context(quick_tenant(ports["tenant"], state))
        for name in ("api", "bridge", "baseline"):
            command, threads = service_command("bridge" if name == "baseline" else name, port=ports[name])
            if name == "baseline":
                command[-1] = "tests.bench.baseline_bridge:application"
            running.enter_context(
                process(command, threads | environment | _settings(name), ready=f"http://127.0.0.1:{ports[name]}/")
            )
        compared = {"baseline": ports["baseline"], "this": ports["bridge"]}
        compare(_scenarios(issuer, environment["AUTH0_AUDIENCE"]), compared)
        print("  memory", *(f"{side} {pss(port):.0f} MB" for side, port in compared.items()))
        rows, calls = databases.execute("SELECT count(*), count(DISTINCT token_id) FROM obo_audit_delegatedaccess")[0]
        print(f"  the API recorded {rows:,} calls with {calls:,} tokens")


def _settings(name: str) -> dict[str, str]:
    return {} if name == "baseline" else {"DJANGO_SETTINGS_MODULE": f"config.{name}.settings"}


def _scenarios(issuer: Issuer, audience: str) -> Iterator[Scenario]:
    def call(subject: str) -> bytes:
        token = issuer.token(aud=audience, sub=subject, scope="tool:greet", exp=2_000_000_000)
        return request("POST", "/mcp", token=token, body=CALL.encode(), headers=HEADERS)

    def is_answered(status: int, body: bytes) -> bool:
        return status == 200 and b"Hello auth0|" in body

    one = call("auth0|one")
    yield Scenario("warm, one user", lambda: one, is_answered)
    many = itertools.cycle([call(f"auth0|user-{number}") for number in range(200)])
    yield Scenario("warm, 200 users", lambda: next(many), is_answered)
    once = iter([call(f"auth0|once-{number}") for number in range(TOKENS)])
    yield Scenario("each token once", lambda: next(once), is_answered, seconds=2.0)
    keep_away(issuer, FAR)
    yield Scenario(f"warm, one user, tenant {FAR} ms away", lambda: one, is_answered)
    yield Scenario(f"each token once, tenant {FAR} ms away", lambda: next(once), is_answered, seconds=2.0)
    keep_away(issuer, 0)
