"""`serve --workers N`: dead workers are replaced, and no worker outlives its server."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from on_behalf_of.serving.parent_process import GRACE
from operations.stack import SERVICES
from tests.services.own_process import OwnProcess, eventually, own_process
from tests.services.running import Running

every_service = pytest.mark.parametrize("service", SERVICES)


def are_gone(processes: list[int]) -> bool:
    return not any(psutil.pid_exists(each) for each in processes)


def has_workers(own: OwnProcess, number: int) -> bool:
    return own.process.poll() is None and len(own.workers()) == number


@every_service
def test_a_killed_worker_is_replaced_and_all_workers_end_with_their_server(
    services: Running, tmp_path: Path, service: str
) -> None:
    with own_process(service, services, tmp_path / "log", workers=2) as own:
        first, second = own.workers()
        os.kill(first, signal.SIGKILL)
        eventually(lambda: has_workers(own, 2) and first not in own.workers(), "another worker takes its place")
        assert second in own.workers()
        eventually(own.is_ready, "it answers")
        workers = own.workers()
        own.process.kill()
        own.process.wait()
        eventually(lambda: are_gone(workers), "the workers end with their server")
        assert not own.accepts()


@every_service
def test_loading_workers_end_with_their_server_too(services: Running, tmp_path: Path, service: str) -> None:
    """They inherit a handler for SIGTERM that only the server's own process heeds."""
    with own_process(service, services, tmp_path / "log", workers=2, is_awaited=False) as own:
        eventually(lambda: has_workers(own, 2), "the workers are started")
        workers = own.workers()
        own.process.kill()
        own.process.wait()
        eventually(lambda: are_gone(workers), "the workers end with their server")


def test_a_loading_service_stops_at_once(services: Running, tmp_path: Path) -> None:
    with own_process("api", services, tmp_path / "log", workers=2, is_awaited=False) as own:
        eventually(lambda: has_workers(own, 2), "the workers are started")
        own.process.send_signal(signal.SIGTERM)
        assert own.process.wait(GRACE - 5) == 0  # rather than after the time that calls in flight are given
