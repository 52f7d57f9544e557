"""granian's server in this process, and granian's command, run a service in the same way."""

import inspect
import os
from typing import Any

import granian
import granian.cli
import pytest

from config.service_command import service_command, service_server
from on_behalf_of.serving.granian_command import has_granians_own_variables


class Recorder:
    """Takes the place of granian's server, and keeps what it is made with."""

    made: dict[str, Any]

    def __init__(self, *given: Any, **named: Any) -> None:
        bound = inspect.signature(granian.server.Server.__init__).bind(None, *given, **named)
        bound.apply_defaults()
        Recorder.made = bound.arguments

    def serve(self) -> None:
        pass


@pytest.mark.parametrize("json_lines", [False, True])
@pytest.mark.parametrize("service", ["api", "bridge"])
def test_both_ways_to_run_a_service_give_granian_the_same_options(
    monkeypatch: pytest.MonkeyPatch, service: str, *, json_lines: bool
) -> None:
    options = {"host": "127.0.0.2", "port": 8123, "workers": 3, "threads": 4, "grace": 21, "json_lines": json_lines}
    command, variables = service_command(service, **options)
    for name in variables:
        monkeypatch.setenv(name, "")  # so that what the server sets is taken back
    monkeypatch.setattr(granian.cli, "Server", Recorder)
    granian.cli.cli(command[3:], standalone_mode=False)
    by_command = Recorder.made
    monkeypatch.setattr(granian, "Granian", Recorder)
    service_server(service, {}, **options)
    by_server = Recorder.made
    del by_command["http2_settings"], by_server["http2_settings"]  # not used by a server of HTTP/1.1
    # An empty tuple and None both mean that there is none.
    assert {name: value or None for name, value in by_server.items()} == {
        name: value or None for name, value in by_command.items()
    }


def test_the_workers_variables_are_those_that_the_command_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    _, variables = service_command("api", port=8123, threads=5)
    for name in (*variables, "OF_THE_CALLER"):
        monkeypatch.setenv(name, "")
    service_server("api", {"OF_THE_CALLER": "1"}, port=8123, threads=5)
    assert os.environ.items() >= (variables | {"OF_THE_CALLER": "1"}).items()


def test_granians_own_variables_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_granians_own_variables()
    monkeypatch.setenv("GRANIAN_BACKLOG", "4096")
    assert has_granians_own_variables()
