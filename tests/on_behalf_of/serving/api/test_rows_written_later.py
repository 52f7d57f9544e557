"""Calls are answered once their rows are durable, and no thread that runs views waits for that."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.issuer import Issuer, serving_issuer
from tests.on_behalf_of.audit.api_process import ApiProcess

pytestmark = pytest.mark.processes
CALLERS, ATTEMPTS = 5, 5
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def database(prepared_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("later") / "db.sqlite3"
    with closing(sqlite3.connect(prepared_state / "db.sqlite3")) as full, closing(sqlite3.connect(file)) as copy:
        full.backup(copy)
    return file


@pytest.fixture(scope="module")
def api(database: Path, issuer: Issuer) -> Iterator[ApiProcess]:
    with ApiProcess(database.parent, f"sqlite:///{database}", issuer, SERVE_THREADS="1").up() as api:
        yield api


@pytest.fixture(scope="module")
def headers(api: ApiProcess, issuer: Issuer) -> dict[str, str]:
    token = issuer.delegated_token(aud=api.audience, scope="read:private")
    return {"Authorization": f"Bearer {token}"}


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM obo_audit_delegatedaccess").fetchone()[0])


def test_other_calls_are_served_by_the_only_thread_while_rows_wait_for_the_database(
    api: ApiProcess, headers: dict[str, str], database: Path
) -> None:
    """Another process writes without end. A call without a token leaves no row, so nothing keeps it waiting."""

    def call() -> requests.Response:
        return requests.get(f"{api.url}/api/private-scope", headers=headers, timeout=PATIENCE)

    assert call().status_code == 200
    was_first = False
    for _ in range(ATTEMPTS):  # on a busy machine, a call may come late; behind a blocked thread, each one would
        with closing(sqlite3.connect(database, isolation_level=None)) as other, ThreadPoolExecutor(CALLERS) as pool:
            other.execute("BEGIN IMMEDIATE")
            before = rows(database)
            held: list[Future[requests.Response]] = [pool.submit(call) for _ in range(CALLERS)]
            assert requests.get(f"{api.url}/api/public", timeout=PATIENCE).status_code == 200
            was_first |= not any(each.done() for each in held)
            answers = [each.result() for each in held]
            other.execute("ROLLBACK")
        assert {answer.status_code for answer in answers} == {503}
        assert all(answer.headers["Retry-After"] and answer.headers["Cache-Control"] for answer in answers)
        assert all("withheld" in answer.json()["detail"] for answer in answers)
        while call().status_code != 200:  # the breaker tries again once a second
            pass
        assert rows(database) > before
        if was_first:
            break
    assert was_first


def test_each_answered_call_has_its_row_by_then(api: ApiProcess, headers: dict[str, str], database: Path) -> None:
    def called(_number: int) -> bool:
        with requests.Session() as session:
            answer = session.get(f"{api.url}/api/private-scope", headers=headers, timeout=PATIENCE)
        with closing(sqlite3.connect(database)) as connection:
            found = connection.execute(
                "SELECT count(*) FROM obo_audit_delegatedaccess WHERE request_id = ?", [answer.headers["X-Request-ID"]]
            )
            return answer.status_code == 200 and found.fetchone()[0] == 1

    with ThreadPoolExecutor(CALLERS) as pool:
        assert all(pool.map(called, range(100)))
