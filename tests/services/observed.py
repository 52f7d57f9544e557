"""Services with several workers, as `serve` starts them, and their /metrics."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from config.environment import BASE_DIR
from operations.stack import free_ports
from tests.on_behalf_of.mcp.served_bridge import until
from tests.services.running import Running


@dataclass
class Served:
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        alive = [each for each in children if each.status() != psutil.STATUS_ZOMBIE]
        return [each for each in alive if "resource_tracker" not in " ".join(each.cmdline())]

    def metrics(self) -> str:
        answer = requests.get(f"{self.url}/metrics", timeout=30)  # a worker that starts takes its time
        assert answer.status_code == 200
        return answer.text

    def sample(self, name: str) -> float:
        """Return the sum of all series with this prefix; 0 if there is none."""
        found = re.findall(rf"^{re.escape(name)}\S* (\S+)$", self.metrics(), re.MULTILINE)
        return sum(map(float, found))

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).ok
        except requests.RequestException:
            return False


@contextmanager
def served(
    service: str, services: Running, *, workers: int = 1, log: Path = Path(os.devnull), **environment: str
) -> Iterator[Served]:
    """`manage.py serve` beside `services`, with the same database and tenant."""
    (port,) = free_ports(1)
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", service, "--port", str(port), "--workers", str(workers)],
            cwd=BASE_DIR,
            env=bare | services.environment | environment,
            stdout=output,
            stderr=output,
        )
    one = Served(port, process)
    try:
        until(one.answers, f"the {service} did not become ready")
        yield one
    finally:
        one.stop()
