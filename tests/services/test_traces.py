"""One trace id connects a tool call at the bridge with the API's row, across real processes."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.services.own_process import own_process
from tests.services.running import Running

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
ADMIN = "auth0|local-admin"
SOON = 60.0  # seconds; the bridge writes its records within one, on a machine that is not busy


def tool_call(services: Running, **having: object) -> dict[str, Any]:
    """Wait for the newest such record, which is written after the answer."""
    where = " AND ".join(f"{column} = ?" for column in having)
    sql = f"SELECT * FROM obo_mcp_toolcall WHERE {where} ORDER BY id DESC"
    deadline = time.monotonic() + SOON
    while not (rows := services.rows(sql, *having.values())):
        assert time.monotonic() < deadline, f"no tool call with {having}"
        time.sleep(0.05)
    return rows[0]


def test_a_clients_trace_is_recorded_at_bridge_and_api_as_the_clients(services: Running) -> None:
    """W3C Trace Context §3.2."""
    with requests.Session() as session:
        session.headers["traceparent"] = TRACEPARENT
        assert services.call("greet", services.subject_token(ADMIN), session).status_code == 200
    call, (row,) = tool_call(services, trace_id=TRACE_ID), services.audit(trace_id=TRACE_ID)
    assert (call["tool"], call["subject"], call["outcome"]) == ("greet", ADMIN, "ok")
    assert (row["subject"], row["actor"], row["decision"]) == (ADMIN, "local-mcp-bridge", "allowed")
    assert call["trace_from_caller"]
    assert row["trace_from_caller"]


def test_without_a_clients_trace_the_bridge_makes_one_and_records_that(services: Running) -> None:
    services.answer("add_note", services.subject_token(ADMIN), title="the-secret-title")
    row = services.audit(path="/api/notes/", method="POST")[-1]
    call = tool_call(services, trace_id=row["trace_id"])
    assert (call["tool"], call["trace_from_caller"]) == ("add_note", 0)
    assert re.fullmatch(r"[0-9a-f]{64}", call["arguments_digest"])
    assert "the-secret-title" not in str(call)


def test_a_refusal_at_the_gate_is_recorded_and_never_reaches_the_api(services: Running) -> None:
    with requests.Session() as session:
        session.headers["traceparent"] = TRACEPARENT.replace(TRACE_ID, "c" * 32)
        assert services.call("greet", services.subject_token(ADMIN, scope=""), session).status_code == 403
    call = tool_call(services, trace_id="c" * 32)
    assert (call["outcome"], call["reason"], call["exchange"]) == ("refused", "insufficient_scope", "none")
    assert services.audit(trace_id="c" * 32) == []


def test_queued_records_are_written_when_the_bridge_stops(services: Running, tmp_path: Path) -> None:
    with own_process("bridge", services, tmp_path / "log") as bridge:
        assert not bridge.greet(services.subject_token(ADMIN), trace_id="d" * 32).get("isError")
        bridge.stop()
        assert services.rows("SELECT outcome FROM obo_mcp_toolcall WHERE trace_id = ?", "d" * 32)


@pytest.mark.parametrize("database", ["not migrated", "unreachable"])
def test_the_bridge_starts_and_serves_without_its_database(services: Running, tmp_path: Path, database: str) -> None:
    """Its records are best effort, unlike the API's."""
    url = (
        f"sqlite:///{tmp_path / 'empty.sqlite3'}" if database == "not migrated" else "postgres://u:hidden@127.0.0.1:9/x"
    )
    with own_process("bridge", services, tmp_path / "log", DATABASE_URL=url) as bridge:
        token = services.subject_token(ADMIN)
        for _ in range(4):
            assert not bridge.greet(token, trace_id="e" * 32).get("isError")
            time.sleep(0.3)  # longer than a batch is gathered, so that each call is a failure of its own
        bridge.stop()
        said = bridge.log.read_text()
    assert said.count("Tool calls cannot be recorded (OperationalError)") == 1, said
    assert "hidden" not in said
    assert "Traceback" not in said
