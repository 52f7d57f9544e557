"""Two API processes behind one address, two bridge processes behind another, and one PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from on_behalf_of.serving.parent_process import GRACE
from tests.issuer import BRIDGE_CLIENT
from tests.loopback_server import serving
from tests.on_behalf_of.audit.databases import scratch_postgres
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.services.own_process import OwnProcess, eventually, own_process
from tests.services.running import SCOPES, Running

pytestmark = pytest.mark.postgres
USERS, CALLS, CLIENTS = 30, 4, 8
STRANGERS = 24  # whose refusals show which process counted them


@pytest.fixture
def tenant() -> Iterator[FakeTenant]:
    tenant = FakeTenant()
    with serving(tenant.respond) as url:
        tenant.url = f"{url}/"
        yield tenant


@pytest.fixture
def database(django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), scratch_postgres() as url:
        yield url


def test_many_users_get_their_own_answers_and_one_intact_log(tenant: FakeTenant, database: str, tmp_path: Path) -> None:
    running = Running(
        tmp_path,
        DATABASE_URL=database,
        OAUTH_ISSUER=tenant.url,
        MCP_AUTH0_CLIENT_ID=BRIDGE_CLIENT,
        MCP_AUTH0_CLIENT_SECRET=CLIENT_SECRET,
    )
    with (
        own_process("api", running, tmp_path / "api.log", workers=2) as api,
        own_process("bridge", running, tmp_path / "bridge.log", workers=2, API_BASE_URL=api.url) as bridge,
    ):
        _call_as_everybody(tenant, running, bridge)
        for _ in range(STRANGERS):
            refused = requests.get(f"{api.url}/api/private-scope", headers={"Authorization": "Bearer x"}, timeout=30)
            assert refused.status_code == 401
        # Both API processes look for rows to seal all the time; the one with the lock does it.
        eventually(lambda: _sealed(database) == USERS * CALLS, "all rows are sealed while the processes run")
        for each in (bridge, api):
            each.process.terminate()
            assert each.process.wait(GRACE) == 0
    assert "intact" in running.manage("audit_verify").lower()
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT subject, status, trace_id FROM obo_audit_delegatedaccess").fetchall()
        calls = connection.execute("SELECT subject, outcome, trace_id FROM obo_mcp_toolcall").fetchall()
        seals = connection.execute("SELECT number, total FROM obo_audit_seal ORDER BY number").fetchall()
        processes = connection.execute("SELECT DISTINCT process FROM obo_audit_refusedtokens").fetchall()
    everybody = {f"auth0|user-{number}": CALLS for number in range(USERS)}
    assert Counter(subject for subject, status, _ in rows if status == 200) == everybody
    assert Counter(subject for subject, outcome, _ in calls if outcome == "ok") == everybody
    assert len(rows) == len(calls) == USERS * CALLS
    assert {(subject, trace) for subject, _, trace in rows} == {(subject, trace) for subject, _, trace in calls}
    assert [number for number, _ in seals] == list(range(1, len(seals) + 1))
    assert len(processes) == 2  # each counts for itself: both have served
    assert "Traceback" not in (tmp_path / "api.log").read_text() + (tmp_path / "bridge.log").read_text()


def _call_as_everybody(tenant: FakeTenant, running: Running, bridge: OwnProcess) -> None:
    """All users at once, with a connection for each call, so that the processes share the calls."""
    audience = running.environment["AUTH0_AUDIENCE"]
    tokens = [tenant.token(sub=f"auth0|user-{number}", aud=audience, scope=SCOPES) for number in range(USERS)]

    def call(number: int) -> tuple[str, str]:
        user = number % USERS
        answer = bridge.greet(tokens[user], trace_id=f"{number + 1:032x}")
        return f"auth0|user-{user}", str(answer["structuredContent"]["subject"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(call, range(USERS * CALLS)))
    assert [asked for asked, answered in answers if asked != answered] == []


def _sealed(database: str) -> int:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT coalesce(max(total), 0) FROM obo_audit_seal WHERE log = 'access'")
        return int((found.fetchone() or (0,))[0])
