"""Promise 2: a call that cannot be recorded is refused quickly and changes nothing, until the log works again."""

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

from downstream_api.models import Note
from on_behalf_of.audit import time_limit
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.access_record import AccessRecord
from on_behalf_of.primitives import circuit_breaker
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.calls import Call, is_refused, reader
from tests.on_behalf_of.audit.conftest import api_for
from tests.on_behalf_of.audit.databases import execute
from tests.on_behalf_of.audit.postgres_server import PostgresServer, running_postgres
from tests.on_behalf_of.drf.conftest import bearer

BOUND = 20.0  # seconds: ten times what is promised, on a machine as busy as can be; without a limit, it never ends
CALLERS = 8


def until(succeeds: Callable[[], bool], deadline: float = 30) -> None:
    end = time.monotonic() + deadline
    while not succeeds():
        assert time.monotonic() < end, "it did not heal"


@pytest.mark.postgres
def test_without_permission_to_insert_every_call_is_refused(
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
            execute(f"REVOKE INSERT ON obo_audit_delegatedaccess FROM {role}")
            execute(f"SET ROLE {role}")
            for _ in range(5):
                assert is_refused(read())
            execute("RESET ROLE")
            execute(f"GRANT INSERT ON obo_audit_delegatedaccess TO {role}")
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
    header = bearer(token)
    ((pages,),) = execute("PRAGMA page_count")
    execute(f"PRAGMA max_page_count = {pages}")
    answers: list[Response] = []
    while not answers or answers[-1].status_code == 200:  # until the last page is full
        answers.append(api.get("/api/private-scope", **header))
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


@pytest.fixture(scope="module")
def own_database(server: PostgresServer, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), databases.scratch_postgres(server.url) as url:
        yield url


@pytest.fixture
def calls(
    own_database: str,
    log: AuditConfiguration,
    issuer: Issuer,
    settings: object,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Callable[[], list[tuple[Response, float]]]]:
    """Makes CALLERS calls at once, each with its answer and the seconds it took."""
    with (
        django_db_blocker.unblock(),
        databases.default_database(databases.postgres_settings(own_database)),
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

        def close(_number: int) -> None:
            everybody.wait(30)
            connections.close_all()

        list(pool.map(close, range(CALLERS)))


def test_the_databases_time_limit_leaves_time_for_the_answer() -> None:
    """docs/audit.md promises an answer within two seconds. The tests below check that the limit ends the wait."""
    assert time_limit.DATABASE_TIME <= 1.5


@pytest.mark.postgres_server
def test_a_stopped_database_causes_a_quick_503_until_it_is_back(
    server: PostgresServer, calls: Callable[[], list[tuple[Response, float]]]
) -> None:
    until(lambda: [answer.status_code for answer, _ in calls()] == [200] * CALLERS)  # a busy machine connects slowly
    server.stop()
    for _ in range(3):
        assert all(is_refused(answer) and seconds < BOUND for answer, seconds in calls())
    server.start()
    until(lambda: [answer.status_code for answer, _ in calls()] == [200] * CALLERS)


@pytest.mark.postgres_server
def test_a_frozen_database_causes_a_quick_503_until_it_is_back(
    server: PostgresServer, calls: Callable[[], list[tuple[Response, float]]]
) -> None:
    """It holds every connection and answers nothing: only a limit on our side ends the wait."""
    until(lambda: [answer.status_code for answer, _ in calls()] == [200] * CALLERS)  # a busy machine connects slowly
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
        broken.setattr(circuit_breaker, "TRIAL_PAUSE", 1_000)
        for _ in range(5):
            assert is_refused(read())
    assert tries == [200]


def test_a_locked_log_refuses_changes_before_anything_is_done(
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
    header = bearer(token)
    began = time.monotonic()
    answer = api_on_sqlite.post("/api/notes/", {"title": "x"}, format="json", **header)
    assert is_refused(answer)
    assert time.monotonic() - began < BOUND
    done.set()
    thread.join()
    assert not Note.objects.exists()
    until(lambda: api_on_sqlite.get("/api/private-scope", **header).status_code == 200)
