"""After any interruption there is one sentence of explanation, and the next run completes the setup."""

import json
import signal
import threading

import pytest

from tests.auth0_setup.answers import answer, problem
from tests.auth0_setup.conftest import Result, Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.loopback_server import Reply

STEPS = 12  # requests that change an empty tenant
THINGS = ["api", "api", "client", "client", "grant", "grant", "role", "role"]


def completes(setup: Setup, auth0: FakeAuth0) -> Result:
    """Check that the next run completes, makes nothing twice, and has everything on record."""
    result = setup.run("--yes")
    assert result.code == 0, result.everything
    assert "Verified: " in result.out or "Nothing to add or change" in result.out
    assert sorted(each["kind"] for each in json.loads(setup.made_file.read_text("utf-8"))["made"]) == THINGS
    assert len(auth0.clients) == len(auth0.grants) == len(auth0.roles) == 2
    assert len(auth0.apis) == 3
    assert f"MCP_AUTH0_CLIENT_SECRET={auth0.clients[0]['client_secret']}" in setup.env_file.read_text("utf-8")
    return result


class At:
    """Answers the n-th change with `reply`."""

    def __init__(self, step: int, reply: Reply | None) -> None:
        self.left, self.reply = step, reply

    def __call__(self, method: str, _path: str) -> Reply | None:
        if method == "GET":
            return None
        self.left -= 1
        return self.reply if self.left == 0 else None


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_failure_before_a_step_leaves_a_state_from_which_the_next_run_completes(
    setup: Setup, auth0: FakeAuth0, step: int
) -> None:
    auth0.failing = At(step, problem(500, "Internal Server Error", "Something happened"))
    result = setup.run("--yes")
    assert result.code == 1
    assert "The tenant failed at " in result.err
    assert "Run auth0_setup again" in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert len(auth0.changes) == step - 1
    completes(setup, auth0)


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_the_next_run_makes_up_for_a_lost_answer(setup: Setup, auth0: FakeAuth0, step: int) -> None:
    """The tenant made the object, but the answer was lost. A secret that nobody has seen is replaced without asking."""
    auth0.losing = At(step, Reply(502, b"<html>Bad gateway</html>"))
    assert setup.run("--yes").code == 1
    completes(setup, auth0)


def test_a_refusal_quotes_the_tenants_message(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.failing = At(3, problem(400, "Bad Request", "You reached the limit of APIs of your plan"))
    result = setup.run("--yes")
    assert result.err == "The tenant refused POST resource-servers (400: You reached the limit of APIs of your plan)."
    completes(setup, auth0)


def test_a_conflict_is_not_retried(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.failing = At(3, problem(409, "Conflict", "A resource server with the same identifier exists"))
    assert "already exists" in setup.run("--yes").err
    assert len(auth0.changes) == 2


def test_an_answer_without_an_id_is_reported_and_the_next_run_makes_up_for_it(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.losing = At(3, answer(201, {"name": "MCP bridge"}))
    assert "did not return the id of what it made" in setup.run("--yes").err
    auth0.losing = At(2, answer(201, {"client_id": "unknown"}))
    assert "did not show the client's secret" in setup.run("--yes").err
    completes(setup, auth0)


def test_ctrl_c_stops_cleanly(setup: Setup, auth0: FakeAuth0) -> None:
    main = threading.main_thread().ident
    assert main

    def interrupt(method: str, path: str) -> Reply | None:
        if (method, path) == ("POST", "client-grants"):
            signal.pthread_kill(main, signal.SIGINT)
        return None

    auth0.failing = interrupt
    # A shell has processes ignore the signal that it starts in the background.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = setup.run("--yes")
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert (result.code, result.err.strip()) == (
        130, "Stopped. The changes so far are on record. Run auth0_setup again to continue.",
    )  # fmt: skip
    auth0.failing = lambda _method, _path: None
    completes(setup, auth0)


def test_an_env_file_that_cannot_be_written_stops_the_setup_before_there_is_a_secret(
    setup: Setup, auth0: FakeAuth0
) -> None:
    setup.env_file = setup.env_file.parent / "missing" / ".env"
    result = setup.run("--yes")
    assert (result.code, auth0.changes) == (1, [])
    assert result.err == f"{setup.env_file} cannot be written. It must be a file in a directory that you can write to."
    setup.env_file.parent.mkdir()
    completes(setup, auth0)


def test_an_object_whose_answer_was_lost_is_still_recorded(setup: Setup, auth0: FakeAuth0) -> None:
    assert setup.run("--yes").code == 0
    auth0.clients.pop()
    auth0.grants.pop()
    auth0.losing = At(2, Reply(502))
    assert setup.run("--yes").code == 1
    result = completes(setup, auth0)
    assert "Nothing to add or change" in result.out
