"""The three services as processes on this machine, started, watched and stopped together."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType

import requests

from config.environment import BASE_DIR
from config.service_command import service_command
from on_behalf_of.serving.parent_process import GRACE, end_with_parent
from operations import declared_variables

SERVICES = ("tenant", "api", "bridge")  # the tenant first: the others fetch its keys
START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = GRACE + 2.0  # seconds; by then granian has killed its own workers
PORTS = range(20_000, 32_000)
PORTS_OF_A_PROCESS = 100
_ports_tried = itertools.count()


class StackError(Exception):
    """A service did not start; the text is its last line of output, or says where to look."""


@dataclass
class Service:
    name: str
    port: int
    process: "subprocess.Popen[bytes]" = field(init=False)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def is_ready(self, path: str = "/readyz") -> bool:
        try:
            # Ignore proxies from the environment. Use the address, because `localhost` costs a second look-up.
            with requests.Session() as session:
                session.trust_env = False
                return session.get(f"http://127.0.0.1:{self.port}{path}", timeout=2).ok
        except requests.RequestException:
            return False


class Stack(AbstractContextManager["Stack"]):
    """Starts the services on entry and stops them on exit. Migrate the database and seed the tenant first.

    With `log_dir`, each service writes to a log file there; without, to this process's stderr.
    """

    def __init__(
        self,
        ports: Mapping[str, int],
        *,
        environment: Mapping[str, str],
        log_dir: Path | None = None,
        started_when: str = "/readyz",  # or /healthz, if the tenant may be unreachable for now
    ) -> None:
        self.services = [Service(name, ports[name]) for name in SERVICES if name in ports]
        self._environment = {**os.environ, **environment}
        self._log_dir = log_dir
        self._started_when = started_when
        self._files = ExitStack()

    def __enter__(self) -> "Stack":
        try:
            # The tenant must answer before the other two fetch its keys; those two then start in parallel.
            for group in (
                [s for s in self.services if s.name == "tenant"],
                [s for s in self.services if s.name != "tenant"],
            ):
                for service in group:
                    self._start(service)
                for service in group:
                    self._wait(service)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __getitem__(self, name: str) -> Service:
        return next(service for service in self.services if service.name == name)

    def log(self, name: str) -> str:
        return (self._log_dir / f"{name}.log").read_text(encoding="utf-8", errors="replace") if self._log_dir else ""

    def restart_dead(self) -> list[str]:
        """Restart services whose process has ended, and return their names."""
        dead = [service for service in self.services if service.process.poll() is not None]
        for service in dead:
            self._start(service)
        return [service.name for service in dead]

    def stop(self) -> None:
        """Stop all services, in reverse order of their start, and kill those that do not stop in time."""
        running = [s for s in reversed(self.services) if hasattr(s, "process") and s.process.poll() is None]
        for service in running:
            service.process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT
        for service in running:
            try:
                service.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                service.process.kill()  # its workers end with it
                service.process.wait()
        self._files.close()

    def _start(self, service: Service) -> None:
        output = None
        if self._log_dir:
            output = self._files.enter_context((self._log_dir / f"{service.name}.log").open("ab"))
        command, environment = service_command(service.name, port=service.port)
        service.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            cwd=BASE_DIR,
            env=self._environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches only this process, which then stops the services in order
            # The services end even if this process is killed.
            preexec_fn=partial(end_with_parent, os.getpid()),  # noqa: PLW1509
        )

    def _wait(self, service: Service) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not service.is_ready(self._started_when):
            if service.process.poll() is not None:
                lines = self.log(service.name).strip().splitlines()
                said = lines[-1] if lines else "see above"
                raise StackError(f"The {service.name} did not start: {said}")
            if time.monotonic() > deadline:
                raise StackError(f"The {service.name} was not ready within {START_TIMEOUT:.0f} seconds.")
            time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Return free ports on IPv4, where the services listen.

    Between this call and the service's own bind, another process may take a port. To make that unlikely, the ports are
    below the range for outgoing connections, concurrent processes start at different ports, and a process reuses a port
    only after it has tried all others.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = PORTS.start + (os.getpid() * PORTS_OF_A_PROCESS + next(_ports_tried)) % len(PORTS)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
    return ports


def local_environment(ports: Mapping[str, int], state_dir: Path) -> dict[str, str]:
    """Return a separate configuration for the three services: issuer and identifiers follow from the ports.

    Every other variable is blank, which counts as unset, so that this process's own configuration does not reach them.
    """
    bridge, api, tenant = (f"http://localhost:{ports[name]}" for name in ("bridge", "api", "tenant"))
    return dict.fromkeys(declared_variables.NAMES, "") | {
        "ENV_FILE": os.devnull,
        "STATE_DIR": str(state_dir),
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{state_dir / 'db.sqlite3'}",
        "OAUTH_ISSUER": f"{tenant}/",
        "PORT": str(ports["bridge"]),
        "MCP_SERVER_URL": bridge,
        "AUTH0_AUDIENCE": f"{bridge}/mcp",
        "API_BASE_URL": api,
        "API_AUTH0_AUDIENCE": f"{api}/",
    }


def terminate_like_interrupt() -> Callable[[], None]:
    """Make SIGTERM and SIGINT end this process as Ctrl-C does, so that it stops the processes it started.

    SIGINT is included because shells make background processes ignore it.

    Return a check that long-running loops must call. Python discards an exception that a signal handler raises inside
    a finalizer or a weakref callback, such as the one that closes a connection pool, and prints its traceback; here,
    the check raises it again, and nothing is printed.
    """
    received: list[int] = []
    report = sys.unraisablehook

    def report_others(discarded: "sys.UnraisableHookArgs") -> None:
        if not issubclass(discarded.exc_type, KeyboardInterrupt):
            report(discarded)

    def interrupt(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.default_int_handler(number, frame)

    def check() -> None:
        if received:
            raise KeyboardInterrupt

    sys.unraisablehook = report_others
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, interrupt)
    return check
