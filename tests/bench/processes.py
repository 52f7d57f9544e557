"""The processes of a scenario, with their CPU time and memory."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil
import requests

from config.environment import BASE_DIR

START = 40.0  # seconds


@contextmanager
def process(command: Sequence[str], environment: dict[str, str], *, ready: str) -> Iterator[None]:
    """Run a process until the block ends. The block starts once `ready` gets any answer."""
    variables = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    started = subprocess.Popen(command, cwd=BASE_DIR, env=variables | environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START
        while not _answers(ready):
            if started.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[-1]} did not start")
            time.sleep(0.05)
        yield
    finally:
        started.terminate()
        started.wait(20)


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=1)
    except requests.RequestException:
        return False
    return True


def listening(port: int) -> list[psutil.Process]:
    """Return the processes that listen on `port` (Linux)."""
    found = {each.pid for each in psutil.net_connections() if each.laddr and each.laddr.port == port}
    return [psutil.Process(pid) for pid in found if pid and pid != os.getpid()]


def processor_seconds(port: int) -> float:
    """Return the CPU time of the processes on `port`. Of all figures, it is the least affected by a busy machine."""
    times = [each.cpu_times() for each in listening(port)]
    return sum(each.user + each.system for each in times)


def pss(port: int) -> float:
    """Return the proportional set size of the processes that listen on `port`, in MB."""
    return sum(float(each.memory_full_info().pss) for each in listening(port)) / 1e6
