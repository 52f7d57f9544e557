"""Promise 2 on a real process: under load, its database stops, freezes, or runs out of disk space."""

import contextlib
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from pytest_django import DjangoDbBlocker

from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from tests.issuer import Issuer
from tests.on_behalf_of.audit import databases
from tests.on_behalf_of.audit.api_process import ApiProcess
from tests.on_behalf_of.audit.postgres_server import PostgresServer, running_postgres

pytestmark = pytest.mark.processes
CALLERS = 6
BOUND = 20.0  # seconds: ten times what is promised, on a machine as busy as can be; without a limit, it never ends
ANSWERS = 30  # that are looked at in each phase
SECRET = "what only alice may read"


@dataclass(frozen=True)
class Answer:
    began: float
    seconds: float
    status: int
    request_id: str
    is_told_when: bool  # has Retry-After
    holds_data: bool


class Callers:
    """Read and write without a pause, and remember each answer."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._ends = threading.Event()
        self._answered = threading.Condition()
        self.answers: list[Answer] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()

    def wait_for(self, is_enough: Callable[[list[Answer]], bool], *, seconds: float = 60) -> list[Answer]:
        """The answers to calls that began after this call, once they are enough."""
        now = time.monotonic()

        def since() -> list[Answer]:
            return [answer for answer in self.answers if answer.began >= now]

        with self._answered:
            assert self._answered.wait_for(lambda: is_enough(since()), seconds), Counter(a.status for a in since())
            return since()

    def _call(self) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self._token}"
            while not self._ends.is_set():
                for method, path in (("GET", "/api/private-scope"), ("GET", "/api/notes/"), ("POST", "/api/notes/")):
                    body = {"title": SECRET, "body": "x" * 5_000} if method == "POST" else None
                    began = time.monotonic()
                    answer = session.request(method, self._url + path, json=body, timeout=30)
                    self._keep(
                        Answer(
                            began,
                            time.monotonic() - began,
                            answer.status_code,
                            answer.headers["X-Request-ID"],
                            int(answer.headers.get("Retry-After", "0")) > 0,
                            "alice" in answer.text,
                        )
                    )

    def _keep(self, answer: Answer) -> None:
        with self._answered:
            self.answers.append(answer)
            self._answered.notify_all()


def recovered(answers: list[Answer]) -> bool:
    """Return whether the newest answers are all good."""
    return len(answers) >= ANSWERS and all(answer.status < 300 for answer in answers[-ANSWERS:])


def check_that_refusals_are_proper(answers: list[Answer]) -> None:
    refused = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} <= {200, 201, 503}
    assert [answer for answer in refused if answer.holds_data or not answer.is_told_when] == []
    assert max(answer.seconds for answer in refused) < BOUND


def check_that_rows_fit(answers: list[Answer]) -> None:
    """Each good answer has its row; each change has one too. (A row whose answer was lost is none too many.)"""
    rows = Counter(DelegatedAccess.objects.values_list("request_id", flat=True))
    assert [answer for answer in answers if answer.status < 500 and rows[answer.request_id] != 1] == []
    assert Note.objects.count() == DelegatedAccess.objects.filter(status=201).count()


@pytest.fixture
def callers(issuer: Issuer, tmp_path: Path) -> Callable[[str], AbstractContextManager[Callers]]:
    @contextmanager
    def calling(url: str) -> Iterator[Callers]:
        process = ApiProcess(tmp_path, url, issuer)
        token = issuer.delegated_token(aud=process.audience, scope="read:private write:private", exp=2_000_000_000)
        with process.up() as api:
            found = Callers(api.url, token)
            with found.at_work():
                found.wait_for(recovered)
                yield found

    return calling


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@contextmanager
def stopped(server: PostgresServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.mark.postgres_server
@pytest.mark.parametrize("outage", [stopped, PostgresServer.frozen])
def test_a_dead_server_causes_only_503_until_it_is_back(
    outage: Callable[[PostgresServer], AbstractContextManager[None]],
    server: PostgresServer,
    callers: Callable[[str], AbstractContextManager[Callers]],
    django_db_blocker: DjangoDbBlocker,
) -> None:
    with django_db_blocker.unblock(), databases.scratch_postgres(server.url) as url:
        with callers(url) as calling:
            with outage(server):
                during = calling.wait_for(lambda answers: len(answers) >= ANSWERS)
                assert {answer.status for answer in during} == {503}
                check_that_refusals_are_proper(during)
            calling.wait_for(recovered)
        with databases.default_database(databases.postgres_settings(url)):
            check_that_rows_fit(calling.answers)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB: the log of the database, its write-ahead log, and a little more."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=True)  # noqa: S607
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S607


@pytest.mark.tmpfs
def test_a_full_disk_causes_503_until_there_is_space(
    small_disk: Path,
    sqlite_template: Path,
    callers: Callable[[str], AbstractContextManager[Callers]],
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """What fits into the write-ahead log as it is may still be written; what does not is refused."""
    database = small_disk / "db.sqlite3"
    shutil.copy(sqlite_template, database)
    filler = small_disk / "filler"
    with callers(f"sqlite:///{database}") as calling:
        with filler.open("wb", buffering=0) as everything_else, contextlib.suppress(OSError):
            while True:
                everything_else.write(b"x" * 4_096)
        during = calling.wait_for(lambda answers: [answer.status for answer in answers].count(503) >= ANSWERS)
        check_that_refusals_are_proper(during)
        filler.unlink()
        calling.wait_for(recovered)
    with django_db_blocker.unblock(), databases.default_database(databases.sqlite_settings(database)):
        check_that_rows_fit(calling.answers)
