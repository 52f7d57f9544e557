"""Start-up and memory of the three services."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import requests

from config.environment import BASE_DIR
from operations.stack import SERVICES
from tests.services.running import Running

ROUNDS = 3
CALLS = 600


def cold_start(running: Running, service: str) -> float:
    """Return seconds from `manage.py serve` to the first answer."""
    port = running.ports[service]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", service],
        cwd=BASE_DIR,
        env=environment | running.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
                return time.perf_counter() - began
            except requests.RequestException:
                time.sleep(0.01)
    finally:
        process.terminate()
        process.wait(15)


def pss(running: Running, service: str) -> float:
    """Return the proportional set size of the service's process tree, in MB (Linux)."""
    process = psutil.Process(running.stack[service].process.pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(member.memory_full_info().pss for member in family)) / 1e6


def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        running = Running(Path(folder))
        running.manage("migrate", "--verbosity=0")
        running.manage("seed_tenant", "--verbosity=0")
        print("cold start, median of", ROUNDS)
        for service in SERVICES:
            seconds = statistics.median(cold_start(running, service) for _ in range(ROUNDS))
            print(f"  {service:8} {seconds:.2f} s")
        with running.up():
            running.make_users(subjects := [f"auth0|bench-{number}" for number in range(20)])
            tokens = [running.subject_token(subject) for subject in subjects]
            with ThreadPoolExecutor(20) as pool:
                list(pool.map(lambda n: running.answer("greet", tokens[n % 20]), range(CALLS)))
            print(f"memory (PSS of the process tree, one worker) after {CALLS} calls of 20 users")
            for service in SERVICES:
                print(f"  {service:8} {pss(running, service):.0f} MB")
