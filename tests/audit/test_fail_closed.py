"""Promises 2 to 5: what cannot be recorded is refused, soon, and undone; refusals leave rows, bad tokens do not."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, connections, transaction
from pytest_django import DjangoDbBlocker
from rest_framework.response import Response
from rest_framework.test import APIClient

from downstream_api import views
from downstream_api.access_record import AccessRecord
from downstream_api.audit import breaker
from downstream_api.audit.configuration import AuditConfiguration
from downstream_api.audit.refused_tokens import RefusedTokenCounter, refused_tokens
from downstream_api.models import DelegatedAccess, Note, RefusedTokens
from tests.audit import databases
from tests.audit.conftest import api_for
from tests.audit.databases import execute
from tests.audit.postgres_server import PostgresServer, running_postgres
from tests.issuer import Issuer

BOUND = 3.0  # seconds: the two that are promised, and one for a busy machine
CALLERS = 8
BAD_TOKENS = 10_000 if os.environ.get("LONG_TESTS") == "1" else 1_000

Call = Callable[[], Response]


@pytest.fixture
def read(api: APIClient, issuer: Issuer) -> Call:
    return reader(api, issuer)


def reader(api: APIClient, issuer: Issuer) -> Call:
    token = issuer.token()
    return lambda: api.get("/api/private-scope", HTTP_AUTHORIZATION=f"Bearer {token}")


@pytest.fixture
def write(api: APIClient, issuer: Issuer) -> Call:
    token = issuer.token(scope="read:private write:private")
    return lambda: api.post("/api/notes/", {"title": "x"}, format="json", HTTP_AUTHORIZATION=f"Bearer {token}")


def is_refused(answer: Response) -> bool:
    """503 with Retry-After, and nothing of what the caller asked for."""
    assert answer.status_code == 503, answer.content
    assert int(answer.headers["Retry-After"]) >= 1
    assert b"alice" not in answer.content
    return True


def until(succeeds: Callable[[], bool], deadline: float = 30) -> None:
    end = time.monotonic() + deadline
    while not succeeds():
        assert time.monotonic() < end, "it did not heal"


@pytest.mark.postgres
def test_a_revoked_permission_to_insert_refuses_every_call_until_it_is_granted(
    postgres: str, api_on_postgres: APIClient, issuer: Issuer
) -> None:
    role = f"app_{os.getpid()}"
    tables = "ALL TABLES IN SCHEMA public"
    execute(f"CREATE ROLE {role}")
    execute(f"GRANT SELECT, INSERT ON {tables} TO {role}")
    execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    settings = databases.postgres_settings(postgres)
    settings["OPTIONS"]["assume_role"] = role
    read = reader(api_on_postgres, issuer)
    try:
        with databases.default_database(settings):
            assert read().status_code == 200
            execute("RESET ROLE")
            execute(f"REVOKE INSERT ON downstream_api_delegatedaccess FROM {role}")
            execute(f"SET ROLE {role}")
            assert all([is_refused(read()) for _ in range(5)])
            execute("RESET ROLE")
            execute(f"GRANT INSERT ON downstream_api_delegatedaccess TO {role}")
            execute(f"SET ROLE {role}")
            until(lambda: read().status_code == 200)
    finally:
        execute(f"DROP OWNED BY {role}")
        execute(f"DROP ROLE {role}")
    assert set(DelegatedAccess.objects.values_list("status", flat=True)) == {200}


def test_a_full_disk_refuses_every_call_and_changes_nothing(
    sqlite: object, api_on_sqlite: APIClient, issuer: Issuer
) -> None:
    api, token = api_on_sqlite, issuer.token(scope="read:private write:private")
    header = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    ((pages,),) = execute("PRAGMA page_count")
    execute(f"PRAGMA max_page_count = {pages}")
    answers = []
    until(lambda: answers.append(api.get("/api/private-scope", **header)) or answers[-1].status_code == 503)
    assert is_refused(answers[-1])
    written = Note.objects.count()
    body = {"title": "x", "body": "y" * 9_000}
    for _ in range(3):
        assert is_refused(api.post("/api/notes/", body, format="json", **header))
    assert (Note.objects.count(), DelegatedAccess.objects.count()) == (written, len(answers) - 1)
    execute("PRAGMA max_page_count = 1000000")
    until(lambda: api.post("/api/notes/", body, format="json", **header).status_code == 201)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def calls(
    server: PostgresServer,
    log: AuditConfiguration,
    issuer: Issuer,
    settings: object,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Callable[[], list[tuple[Response, float]]]]:
    """Makes CALLERS calls at once, each with its answer and the seconds it took."""
    with (
        django_db_blocker.unblock(),
        databases.scratch_postgres(server.url) as url,
        databases.default_database(databases.postgres_settings(url)),
        ThreadPoolExecutor(CALLERS) as pool,
    ):
        api = api_for(settings, issuer)  # type: ignore[arg-type]
        read = reader(api, issuer)

        def timed(_number: int) -> tuple[Response, float]:
            began = time.monotonic()
            answer = read()
            return answer, time.monotonic() - began

        yield lambda: list(pool.map(timed, range(CALLERS)))
        everybody = threading.Barrier(CALLERS)  # so that each thread closes its own
        list(pool.map(lambda _number: (everybody.wait(30), connections.close_all()), range(CALLERS)))


@pytest.mark.postgres_server
def test_a_stopped_database_gives_503_soon_and_heals_by_itself(
    server: PostgresServer, calls: Callable[[], list[tuple[Response, float]]]
) -> None:
    assert [answer.status_code for answer, _ in calls()] == [200] * CALLERS
    server.stop()
    for _ in range(3):
        assert all(is_refused(answer) and seconds < BOUND for answer, seconds in calls())
    server.start()
    until(lambda: [answer.status_code for answer, _ in calls()] == [200] * CALLERS)


@pytest.mark.postgres_server
def test_a_frozen_database_gives_503_soon_and_heals_by_itself(
    server: PostgresServer, calls: Callable[[], list[tuple[Response, float]]]
) -> None:
    """It holds every connection and answers nothing: only a limit on our side ends the wait."""
    assert [answer.status_code for answer, _ in calls()] == [200] * CALLERS
    with server.frozen():
        for _ in range(4):
            assert all(is_refused(answer) and seconds < BOUND for answer, seconds in calls())
    until(lambda: [answer.status_code for answer, _ in calls()] == [200] * CALLERS)


def test_after_a_failure_the_next_calls_fail_without_trying(read: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def fail(self: AccessRecord, status: int) -> bool:
        self._check_breaker()
        tries.append(status)
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(AccessRecord, "_write", fail)
        broken.setattr(breaker, "TRIAL_PAUSE", 1_000)
        assert all([is_refused(read()) for _ in range(5)])
    assert tries == [200]


def test_a_log_that_is_locked_refuses_changes_before_anything_is_done(
    sqlite: object, api_on_sqlite: APIClient, issuer: Issuer
) -> None:
    holds, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            holds.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    token = issuer.token(scope="read:private write:private")
    header = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    began = time.monotonic()
    answer = api_on_sqlite.post("/api/notes/", {"title": "x"}, format="json", **header)
    assert is_refused(answer)
    assert time.monotonic() - began < BOUND
    done.set()
    thread.join()
    assert not Note.objects.exists()
    until(lambda: api_on_sqlite.get("/api/private-scope", **header).status_code == 200)


def test_a_change_and_its_row_are_committed_together(read: Call, write: Call) -> None:
    assert write().status_code == 201
    assert (Note.objects.count(), DelegatedAccess.objects.get().status) == (1, 201)


def test_a_change_whose_row_cannot_be_written_is_undone(write: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = AccessRecord._fields
    with monkeypatch.context() as broken:
        broken.setattr(AccessRecord, "_fields", lambda *a: fields(*a) | {"request_id": None})
        assert is_refused(write())
    assert (Note.objects.count(), DelegatedAccess.objects.count()) == (0, 0)


def test_the_row_of_a_call_that_failed_survives_its_rollback(
    write: Call, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, request: object) -> Response:
        Note.objects.create(issuer=issuer.url, owner="auth0|alice", title="half-way")
        raise RuntimeError

    monkeypatch.setattr(views.NoteViewSet, "create", fail)
    assert write().status_code == 500
    assert (Note.objects.count(), DelegatedAccess.objects.get().status) == (0, 500)


def test_a_call_whose_transaction_the_database_gave_up_still_leaves_its_row(
    write: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses everything after an error, until the end of the transaction or a savepoint."""

    def fail(self: object, request: object) -> Response:
        execute("SELECT no_such_column FROM downstream_api_note")
        raise AssertionError

    monkeypatch.setattr(views.NoteViewSet, "create", fail)
    answer = write()
    row = DelegatedAccess.objects.first()
    assert (answer.status_code, row.status if row else 503) in {(500, 500), (503, 503)}


def test_refusals_leave_rows(api: APIClient, issuer: Issuer) -> None:
    token = issuer.token(scope="openid")
    assert api.get("/api/private-scope", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 403
    row = DelegatedAccess.objects.get()
    assert (row.decision, row.reason, row.digest != "") == ("refused", "insufficient_scope", True)


def test_bad_tokens_are_counted_and_leave_a_bounded_number_of_rows(api: APIClient, issuer: Issuer) -> None:
    refused_tokens.cache_clear()
    good = issuer.token()
    for number in range(BAD_TOKENS):
        token = f"{good[:-8]}{number:08}" if number % 2 else f"junk-{number}"
        assert api.get("/api/private-scope", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
        if number % 100 == 0:
            refused_tokens().flush()
    api.get("/api/private-scope")
    refused_tokens().flush()
    rows = list(RefusedTokens.objects.all())
    assert sum(row.count for row in rows) == BAD_TOKENS + 1
    assert len(rows) + DelegatedAccess.objects.count() < 50
    assert {row.route for row in rows} == {"/api/private-scope"}
    assert "no_token" in {row.reason for row in rows}


def test_counting_takes_a_bounded_place_in_memory_and_survives_an_outage(
    sqlite: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = RefusedTokenCounter()
    for number in range(2_000):
        counter.add(f"/route/{number}", "signature")
    with monkeypatch.context() as broken:
        broken.setattr(RefusedTokens._meta, "db_table", "no_such_table")
        with pytest.raises(DatabaseError):
            counter.flush()
    counter.flush()
    counter.flush()
    assert RefusedTokens.objects.count() <= 502
    assert sum(RefusedTokens.objects.values_list("count", flat=True)) == 2_000
