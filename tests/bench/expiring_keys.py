"""Measure calls while the tenant's keys expire every second, and fetching them takes a third of a second.

If keys were fetched only after they expired, calls would wait for the fetch; the slowest call shows that.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from operations.stack import free_ports
from tests.bench.api_calls import PATH, baseline_api
from tests.bench.compare import Scenario, compare
from tests.bench.load import request
from tests.bench.quick_tenant import keep_away, quick_tenant
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.api_process import ApiProcess

AWAY = 300  # milliseconds


def measure() -> None:
    (tenant_port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, quick_tenant(tenant_port, Path(folder)) as issuer:
        state = Path(folder)
        with databases.copied_sqlite(databases.migrated_sqlite(state), state) as file:
            own = ApiProcess(state, f"sqlite:///{file}", issuer, DEBUG="false", JWKS_MAX_AGE="1")
            baseline = baseline_api(state, issuer, own.audience, BASELINE_KEYS_LIFESPAN="1")
            with own.up() as api, baseline as port:
                keep_away(issuer, AWAY)
                compare(_scenarios(issuer, own.audience), {"baseline": port, "this": int(api.url.rpartition(":")[2])})


def _scenarios(issuer: Issuer, audience: str) -> Iterator[Scenario]:
    call = request("GET", PATH, token=issuer.delegated_token(aud=audience, exp=2_000_000_000))
    yield Scenario("one token, keys expire every second", lambda: call, lambda status, _body: status == 200)
