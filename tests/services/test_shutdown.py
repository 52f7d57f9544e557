"""SIGTERM: calls in flight are finished and recorded, new ones are refused, and the exit code is 0."""

import signal
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from on_behalf_of.serving.parent_process import GRACE
from tests.loopback_server import serving
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.services.own_process import WAIT_HEADER, OwnProcess, eventually, own_process
from tests.services.running import Running

ADMIN = "auth0|local-admin"
TRACE_ID = "5bf92f3577b34da6a3ce929d0e0e4736"
ROWS = 8_000  # more than the buffers of a connection hold


@pytest.fixture
def database(prepared_state: Path, tmp_path: Path) -> Path:
    """A database that only the process under test writes to."""
    file = tmp_path / "own.sqlite3"
    with closing(sqlite3.connect(prepared_state / "db.sqlite3")) as source, closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
    return file


def read(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def api_token(services: Running) -> str:
    return services.subject_token(ADMIN, "read:private", aud=f"{services.api}/")


def get(api: OwnProcess, token: str, **headers: str) -> requests.Response:
    headers |= {"Authorization": f"Bearer {token}"}
    return requests.get(f"{api.url}/api/private-scope", headers=headers, timeout=60)


@contextmanager
def terminated(own: OwnProcess) -> Iterator[None]:
    """Within the block, the process is ending and accepts no more calls. Calls in flight must finish before its end."""
    own.process.send_signal(signal.SIGTERM)
    eventually(lambda: not own.accepts(), "new calls are refused")
    assert own.process.poll() is None, "it waits for calls in flight"
    yield
    assert own.process.wait(GRACE) == 0


def test_the_api_finishes_a_call_in_flight_records_it_and_seals_the_row(
    services: Running, database: Path, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    token = api_token(services)
    application, url = "tests.services.waiting_api:application", f"sqlite:///{database}"
    with (
        own_process("api", services, tmp_path / "log", application=application, DATABASE_URL=url) as api,
        ThreadPoolExecutor(1) as pool,
    ):
        assert get(api, "x").status_code == 401
        call = pool.submit(get, api, token, **{WAIT_HEADER: str(go)})
        eventually(Path(f"{go}.arrived").exists, "the call is in flight")
        with terminated(api):
            go.touch()
            assert call.result().json()["subject"] == ADMIN
    ((row, request_id),) = read(database, "SELECT id, request_id FROM obo_audit_delegatedaccess")
    assert request_id == call.result().headers["X-Request-ID"]
    assert read(database, "SELECT max(end_id) FROM obo_audit_seal WHERE log = 'access'") == [(row,)]
    # Counted in memory, and written about once a minute.
    assert read(database, "SELECT sum(count) FROM obo_audit_refusedtokens") == [(1,)]


def test_the_bridge_finishes_a_tool_call_in_flight_and_records_it(services: Running, tmp_path: Path) -> None:
    fake = FakeApi()
    fake.may_answer.clear()
    token = services.subject_token(ADMIN)
    with (
        serving(fake.respond) as url,
        own_process("bridge", services, tmp_path / "log", API_BASE_URL=url) as bridge,
        ThreadPoolExecutor(1) as pool,
    ):
        call = pool.submit(bridge.greet, token, trace_id=TRACE_ID)
        assert fake.was_asked.wait(30)
        with terminated(bridge):
            bridge.process.send_signal(signal.SIGTERM)  # a second one, from an impatient operator, cuts no call off
            fake.may_answer.set()
            assert call.result()["structuredContent"]["subject"] == ADMIN
    (row,) = services.rows("SELECT * FROM obo_mcp_toolcall WHERE trace_id = ?", TRACE_ID)
    assert (row["tool"], row["outcome"]) == ("greet", "ok")


def test_a_download_in_flight_is_completed(services: Running, database: Path, tmp_path: Path) -> None:
    with own_process("api", services, tmp_path / "log", DATABASE_URL=f"sqlite:///{database}") as api:
        assert get(api, api_token(services)).status_code == 200
        _multiply(database)
        stream = _download(api, _exporter(api, database))
        received = stream.recv(10_000)
        with closing(stream), terminated(api):
            while chunk := stream.recv(1_000_000):
                received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    assert b" 200 OK" in head
    assert body.endswith(b"0\r\n\r\n")  # the last chunk: nothing was broken off
    assert body.count(b'"request_id"') == ROWS + 1


def _multiply(database: Path) -> None:
    """Double the number of rows repeatedly, by copying."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(obo_audit_delegatedaccess)")]
        names = ", ".join(name for name in columns if name != "id")
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
            f" INSERT INTO obo_audit_delegatedaccess ({names})"
            f" SELECT {names} FROM n, (SELECT * FROM obo_audit_delegatedaccess LIMIT 1)"
        )


def _exporter(api: OwnProcess, database: Path) -> requests.Session:
    """Log in the development auditor, with the permission to export."""
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute(
            "INSERT INTO auth_user_groups (user_id, group_id) SELECT u.id, g.id FROM auth_user u, auth_group g"
            " WHERE u.username = 'auditor' AND g.name = 'Audit exporters'"
        )
    session = requests.Session()
    session.get(f"{api.url}/admin/login/", timeout=30)
    form = {
        "username": "auditor",
        "password": "auditor-demo",
        "csrfmiddlewaretoken": session.cookies["api_csrf"],
        "next": "/admin/",
    }
    answer = session.post(f"{api.url}/admin/login/", form, headers={"Referer": api.url}, timeout=30)
    assert answer.url.endswith("/admin/")
    return session


def _download(api: OwnProcess, session: requests.Session) -> socket.socket:
    """Start an export with a receiver that reads slowly."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", api.port))
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
    head = (
        "POST /admin/obo_audit/delegatedaccess/export/jsonl/ HTTP/1.1",
        f"Host: 127.0.0.1:{api.port}",
        f"Cookie: {cookies}",
        f"X-CSRFToken: {session.cookies['api_csrf']}",
        f"Origin: {api.url}",
        "Content-Length: 0",
    )
    connection.sendall("\r\n".join((*head, "", "")).encode())
    return connection
