"""RFC 6585 §4: after a 429, the setup waits and retries."""

from typing import Any

import httpx
import pytest

from operations.auth0.rate_limit import ATTEMPTS, PatientTransport
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.loopback_server import Reply

NOW = 1_700_000_000.0


class Waiting:
    """A clock that only moves during sleeps."""

    def __init__(self, *headers: dict[str, str]) -> None:
        self.limited = list(headers)
        self.slept: list[float] = []
        self.said: list[str] = []
        self.bodies: list[bytes] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        return httpx.Response(429, headers=self.limited.pop(0)) if self.limited else httpx.Response(200)

    def post(self) -> httpx.Response:
        transport = PatientTransport(
            httpx.MockTransport(self.answer), say=self.said.append, sleep=self.slept.append, clock=lambda: NOW
        )
        with httpx.Client(transport=transport) as client:
            return client.post("https://tenant.example/api/v2/roles", json={"name": "Tool User"})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"X-RateLimit-Reset": str(int(NOW) + 3)}, 3.0),
        ({"Retry-After": "4", "X-RateLimit-Reset": str(int(NOW) + 50)}, 4.0),
        ({"X-RateLimit-Reset": str(int(NOW) - 3)}, 0.0),
        ({"Retry-After": "soon"}, 2.0),
        ({}, 2.0),
    ],
)
def test_it_waits_as_long_as_the_tenant_says_and_reports_the_wait(headers: dict[str, str], seconds: float) -> None:
    waiting = Waiting(headers)
    assert waiting.post().status_code == 200
    assert waiting.slept == [seconds]
    assert waiting.said == [f"The tenant's rate limit is exceeded. Trying again in {seconds:.0f} s."]
    assert waiting.bodies == [waiting.bodies[0]] * 2


def test_it_gives_up_after_several_attempts_or_a_long_wait() -> None:
    waiting = Waiting(*[{"Retry-After": "1"}] * 20)
    assert waiting.post().status_code == 429
    assert len(waiting.bodies) == ATTEMPTS
    waiting = Waiting({"Retry-After": "3600"})
    assert waiting.post().status_code == 429
    assert waiting.slept == []


def test_a_setup_that_hits_the_rate_limit_continues(setup: Setup, auth0: FakeAuth0) -> None:
    limits: list[Any] = [Reply(429, b"{}", {"Retry-After": "0"})] * 3
    auth0.failing = lambda method, _path: limits.pop() if limits and method == "POST" else None
    result = setup.run("--yes")
    assert result.code == 0, result.err
    assert result.err.count("The tenant's rate limit is exceeded") == 3
    assert len(auth0.changes) == 12


def test_a_lasting_rate_limit_is_reported(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.failing = lambda _method, _path: Reply(429, b"{}", {"Retry-After": "86400"})
    assert setup.run("--yes").err.startswith("The tenant's rate limit is still exceeded.")
