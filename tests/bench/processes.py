"""The processes of a scenario, with their processor time and memory."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from config.environment import BASE_DIR

START = 40.0  # seconds
STOP = 20.0  # seconds
MEBIBYTE = 2**20


@contextmanager
def process(
    command: Sequence[str], environment: dict[str, str], *, ready: str, ca_file: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process until the block ends. The block starts once `ready` gets any answer."""
    variables = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    started = subprocess.Popen(command, cwd=BASE_DIR, env=variables | environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START
        while not _answers(ready, ca_file):
            if started.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} did not start")
            time.sleep(0.05)
        yield started
    finally:
        end(started)


def end(started: "subprocess.Popen[bytes]") -> None:
    """Stop a process, and kill it if it does not stop in time."""
    started.terminate()
    try:
        started.wait(STOP)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()


def _answers(url: str, ca_file: Path | None) -> bool:
    try:
        requests.get(url, timeout=1, verify=str(ca_file) if ca_file else True)
    except requests.RequestException:
        return False
    return True


def listening(port: int) -> list[psutil.Process]:
    """Return the processes that listen on `port` (Linux)."""
    found = {each.pid for each in psutil.net_connections() if each.laddr and each.laddr.port == port}
    return [psutil.Process(pid) for pid in found if pid and pid != os.getpid()]


def processor_seconds(port: int) -> float:
    """Return the CPU time of the processes on `port`. Of all figures, it is the least affected by a busy machine."""
    return sum(map(seconds_of, listening(port)))


def pss(port: int) -> float:
    """Return the proportional set size of the processes that listen on `port`, in MB."""
    return sum(float(each.memory_full_info().pss) for each in listening(port)) / 1e6


def tree(pid: int) -> list[psutil.Process]:
    """Return the process and everything that it started."""
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]


def memory_of_tree(pid: int) -> float:
    """Return the proportional set size of the process and everything that it started, in MiB."""
    return sum(float(each.memory_full_info().pss) for each in tree(pid)) / MEBIBYTE


def seconds_of(each: psutil.Process) -> float:
    """Return the processor time of one process."""
    times = each.cpu_times()
    return float(times.user + times.system)
