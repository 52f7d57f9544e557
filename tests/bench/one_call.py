"""The first good answer of a service that was just started."""

import http.client
import time

from tests.bench.processes import START
from tests.bench.scenarios import API_PATH, BODY, HEADERS, MCP_PATH
from tests.bench.targets import Target
from tests.bench.tokens import SUBJECT


def call_once(target: Target, service: str, token: str) -> None:
    """Call until the service gives the right answer. Raises RuntimeError if it does not within START seconds."""
    deadline = time.monotonic() + START
    said = "nothing"
    while time.monotonic() < deadline and target.processes[service].poll() is None:
        try:
            status, body = _call(target.ports[service], service, token)
        except (OSError, http.client.HTTPException):
            time.sleep(0.005)
            continue
        if status == http.client.OK and SUBJECT in body:
            return
        said = f"{status} {body[:200]}"
        time.sleep(0.02)
    raise RuntimeError(f"{target.name} does not answer; its {service} said {said}; see {target.state}/{service}.log")


def _call(port: int, service: str, token: str) -> tuple[int, str]:
    authorization = {"Authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        if service == "api":
            connection.request("GET", API_PATH, headers=authorization)
        else:
            json_body = {"Content-Type": "application/json"}
            connection.request("POST", MCP_PATH, BODY, authorization | HEADERS | json_body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()
