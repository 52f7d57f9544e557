"""No work for callers who have left: a request that waited too long for a thread is not started."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from config.environment import BASE_DIR
from config.service_command import service_command
from on_behalf_of.primitives.time_budget import HEADER, read_time_budget, time_budget
from operations.stack import free_ports
from tests.config.test_commands import eventually, is_free

pytestmark = pytest.mark.processes


@dataclass
class Holding:
    port: int
    folder: Path

    def get(self, name: str, **headers: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}/{name}", headers=headers, timeout=30)

    def has_begun(self, name: str) -> bool:
        return (self.folder / f"{name}.begun").exists()

    def release(self) -> None:
        (self.folder / "released").touch()


@pytest.fixture
def holding(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Holding]:
    """An app with one thread, or as many as the test's parameter says."""
    threads = getattr(request, "param", 1)
    (port,) = free_ports(1)
    command, environment = service_command("api", port=port)
    command[-1] = "tests.on_behalf_of.serving.holding_app:application"
    environment = os.environ | environment | {"HOLDING_FOLDER": str(tmp_path), "HOLDING_THREADS": str(threads)}
    process = subprocess.Popen(command, cwd=BASE_DIR, env=environment)
    try:
        eventually(lambda: not is_free(port), "it listens")
        yield Holding(port, tmp_path)
    finally:
        (tmp_path / "released").touch()
        process.terminate()
        process.wait(30)


def test_a_request_whose_time_ran_out_in_the_queue_is_not_started(holding: Holding) -> None:
    with ThreadPoolExecutor(3) as pool:
        held = pool.submit(holding.get, "hold")
        eventually(lambda: holding.has_begun("hold"), "the only thread is taken")
        began = time.monotonic()
        late = pool.submit(holding.get, "late", **{HEADER: "50"})
        patient = pool.submit(holding.get, "patient", **{HEADER: "30000"})
        eventually(lambda: time.monotonic() > began + 3, "it has come, and its time is over")
        holding.release()
        assert held.result().text == "hold"
        assert patient.result().text == "patient"
    answer = late.result()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "not begun" in answer.json()["detail"]
    assert not holding.has_begun("late")


@pytest.mark.parametrize("holding", [3], indirect=True)
def test_threads_are_added_while_views_block_and_no_more_than_allowed(holding: Holding) -> None:
    with ThreadPoolExecutor(4) as pool:
        held = [pool.submit(holding.get, f"hold{number}") for number in range(2)]
        eventually(lambda: holding.has_begun("hold0") and holding.has_begun("hold1"), "two views block")
        assert holding.get("quick").text == "quick"
        held.append(pool.submit(holding.get, "hold2"))
        eventually(lambda: holding.has_begun("hold2"), "the last thread is taken")
        began = time.monotonic()
        late = pool.submit(holding.get, "late", **{HEADER: "300"})
        eventually(lambda: time.monotonic() > began + 3, "it has come, and its time is over")
        holding.release()
        assert [each.result().text for each in held] == ["hold0", "hold1", "hold2"]
        assert late.result().status_code == 503
        assert not holding.has_begun("late")


def test_a_request_whose_caller_disconnected_in_the_queue_is_not_started(holding: Holding) -> None:
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(holding.get, "hold")
        eventually(lambda: holding.has_begun("hold"), "the only thread is taken")
        with socket.create_connection(("127.0.0.1", holding.port)) as caller:
            caller.sendall(b"GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
            caller.settimeout(0.5)
            with pytest.raises(TimeoutError):  # it waits in the queue by now
                caller.recv(1)
        for _ in range(5):  # the server has seen the end of that connection before it answers on later ones
            too_large = requests.post(f"http://127.0.0.1:{holding.port}/", data=b"x" * 2_000_000, timeout=30)
            assert too_large.status_code == 413
        holding.release()
        assert held.result().text == "hold"
    assert holding.get("next").text == "next"
    assert not holding.has_begun("gone")


@pytest.mark.parametrize("value", ["0", "-5", "1e3", "5 0", "", "9" * 10, "٣", "50, 50"])
def test_a_malformed_time_budget_is_ignored(value: str) -> None:
    assert read_time_budget([value]) is None


def test_a_repeated_time_budget_is_ignored() -> None:
    assert read_time_budget(["50", "50"]) is None
    assert read_time_budget([]) is None


@pytest.mark.parametrize(("seconds", "value"), [(2.5, 2.5), (0.0004, 0.001), (0.25, 0.25)])
def test_a_time_budget_is_parsed_as_sent(seconds: float, value: float) -> None:
    assert read_time_budget([time_budget(seconds)]) == value
