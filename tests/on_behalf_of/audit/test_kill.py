"""Promises 1 and 3: a worker can be killed at any moment, and every answer that was received has its row."""

import os
import random
import threading
from collections import Counter
from pathlib import Path

import pytest
import requests

from downstream_api.models import Note
from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.seal_keys import public_keys
from on_behalf_of.audit.verification import verify
from tests.issuer import Issuer
from tests.on_behalf_of.audit.api_process import ApiProcess
from tests.on_behalf_of.audit.conftest import seal_everything

ROUNDS = 200 if os.environ.get("LONG_TESTS") == "1" else 3
CLIENTS = 4


class Client(threading.Thread):
    """Calls without a pause, and keeps the id of each answer that arrived whole."""

    def __init__(self, api: ApiProcess, token: str, kill: threading.Event, enough: threading.Semaphore) -> None:
        super().__init__()
        self.answers: list[tuple[int, str]] = []
        self._api, self._token, self._killed, self._enough = api, token, kill, enough

    def run(self) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self._token}"
            while not self._killed.is_set():
                for method, path, body in (
                    ("GET", "/api/private-scope", None),
                    ("POST", "/api/notes/", {"title": "x"}),
                    ("GET", "/api/notes/none/", None),
                ):
                    try:
                        answer = session.request(method, self._api.url + path, json=body, timeout=20)
                    except requests.RequestException:
                        continue
                    self.answers.append((answer.status_code, answer.headers["X-Request-ID"]))
                    self._enough.release()


@pytest.mark.processes
@pytest.mark.long
def test_each_answer_has_exactly_one_row_whenever_the_worker_is_killed(
    database: str, request: pytest.FixtureRequest, tmp_path: Path, issuer: Issuer, log: AuditConfiguration
) -> None:
    url = (
        f"sqlite:///{request.getfixturevalue('sqlite')}"
        if database == "sqlite"
        else request.getfixturevalue("postgres")
    )
    process = ApiProcess(tmp_path, url, issuer)
    token = issuer.delegated_token(aud=process.audience, scope="read:private write:private", exp=2_000_000_000)
    chance = random.Random(20_261_122)  # noqa: S311 - when to kill, not a secret
    answers: list[tuple[int, str]] = []
    with process.up() as api:
        for _ in range(ROUNDS):
            killed, arrived = threading.Event(), threading.Semaphore(0)
            clients = [Client(api, token, killed, arrived) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for _ in range(chance.randrange(1, 60)):  # after so many answers
                assert arrived.acquire(timeout=30)
            api.kill_worker()
            killed.set()
            for client in clients:
                client.join()
                answers += client.answers
            api.wait_until_ready()
    rows = Counter(DelegatedAccess.objects.values_list("request_id", flat=True))
    recorded = [request_id for status, request_id in answers if status < 500]
    assert len(recorded) > ROUNDS
    assert [request_id for request_id in recorded if rows[request_id] != 1] == []
    assert max(rows.values()) == 1
    assert Note.objects.count() == DelegatedAccess.objects.filter(status=201).count()
    print(f"{database}: {ROUNDS} kills, {len(recorded)} answers, {len(rows)} rows")
    # What the killed workers had sealed, and the rest, is one intact chain.
    keys = AuditConfiguration(tmp_path / "audit_seal_key.pem", tmp_path / "audit_public_keys.json")
    seal_everything(keys)
    assert verify(public_keys(keys.public_keys_file)).rows == len(rows)
