"""Console blocks use existing commands, and the sequence diagrams show requests that the services answer."""

import argparse
import importlib.util
import re
import shlex
import subprocess
from urllib.parse import urlsplit

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from config.environment import BASE_DIR
from config.service_command import INTERFACES
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.resource_server.protected_resource import WELL_KNOWN, well_known_paths
from tests.docs.blocks import Block, blocks, pages

URLCONF = {"tenant": "config.tenant.urls", "api": "config.api.urls", "bridge": "config.bridge.urls"}
PORTS = {9000: "tenant", 8787: "api", 3001: "bridge"}
# Programs of others, of which nothing here can tell whether they take these arguments.
WHEELS = {f"django-on-behalf-of[{extras}]" for extras in ("drf,mcp,serving", "testing")}  # tests/adoption installs them
OF_OTHERS = {
    "git": "fetches this project",
    "npx": "Inspector's command line; tests/services/clients runs it with these arguments",
    "claude": "Claude Code, see tests/clients/agents",
    "codex": "see tests/clients/agents",
    "gemini": "see tests/clients/agents",
    "mcpc": "see tests/clients/mcpc",
    "opencode": "see tests/clients/agents",
    "rm": "makes a client forget",
}
COMMANDS = [(block, command) for page in pages() for block in blocks(page, "console") for command in block.commands]
PICTURES = [block for page in pages() for block in blocks(page, "mermaid")]
MESSAGE = re.compile(r"(\w+)(->>|-->>)(\w+): (.+)")


@pytest.mark.parametrize(("block", "command"), COMMANDS, ids=[command[:60] for _, command in COMMANDS])
def test_the_documented_commands_can_be_run(block: Block, command: str) -> None:
    checked = subprocess.run(["bash", "-n", "-c", placeholders_filled(command)], check=False, capture_output=True)  # noqa: S607
    assert checked.returncode == 0, checked.stderr
    for part in re.split(r"\s(?:&&|\|)\s", command):
        words = shlex.split(part.split(" < ")[0], comments=True)
        while re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            del words[0]
        program, arguments = words[0], words[1:]
        if program.endswith(("python", "python3")) and arguments[0] == "manage.py":
            assert_command(arguments[1], arguments[2:])
        elif program.endswith("python") and arguments[0] == "-m":
            assert importlib.util.find_spec(f"{arguments[1]}.__main__"), part
        elif program == "make":
            assert re.search(rf"^{arguments[0]}:", (BASE_DIR / "Makefile").read_text(), re.MULTILINE), part
        elif program == "curl" and block.page != "docs/tutorial.md":  # which makes what it asks for; its test runs it
            assert_answered(next(word for word in arguments if word.startswith("http")))
        elif program == "pip":
            assert (BASE_DIR / arguments[-1]).is_file() or arguments[-1] in WHEELS
        else:
            assert program in OF_OTHERS | dict.fromkeys(("cd", "grep", "tail", "curl", "touch"), ""), part


def placeholders_filled(command: str) -> str:
    """Replace names in angle brackets, which a shell would take for redirections."""
    return re.sub(r"<[a-z ]+>", "placeholder", command)


def assert_command(name: str, arguments: list[str]) -> None:
    app = get_commands()[name]
    if name == "serve" and arguments[0] not in INTERFACES:
        app = "on_behalf_of.serving"  # in other projects, it is the library's
    parser = load_command_class(app, name).create_parser("manage.py", name)
    try:
        parser.parse_args(arguments)
    except (SystemExit, argparse.ArgumentError, Exception) as error:  # noqa: BLE001 - whatever it is, the page is wrong
        pytest.fail(f"manage.py {name} does not take {arguments}: {error}")


def assert_answered(url: str) -> None:
    parts = urlsplit(url)
    service = PORTS[parts.port or 0]
    assert (service, parts.path) == ("bridge", ENDPOINT) or is_known(service, parts.path), url


def is_known(service: str, path: str) -> bool:
    """The bridge answers every path, with a 404 that is a view of its own, and its metadata before Django sees it."""
    if service == "bridge" and path.startswith(WELL_KNOWN):
        return path in well_known_paths(ENDPOINT)
    return resolve(path, URLCONF[service]).func.__name__ != "not_found"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda block: f"{block.page}-{len(block.prose.splitlines())}")
def test_diagrams_are_well_formed_and_show_only_existing_endpoints(picture: Block) -> None:
    first, *lines = [line.strip() for line in picture.text.splitlines()]
    assert first == "sequenceDiagram"
    parties: set[str] = set()
    open_requests: list[tuple[str, str]] = []
    for line in lines:
        if declared := re.fullmatch(r"(?:actor|participant) (\w+) as .+", line):
            parties.add(declared[1])
            continue
        if note := re.fullmatch(r"Note over (\w+): .+", line):
            assert note[1] in parties
            continue
        message = MESSAGE.fullmatch(line)
        assert message, line
        sender, arrow, receiver, text = message.groups()
        assert {sender, receiver} <= parties, line
        if request := re.fullmatch(r"(GET|POST) (/\S+)", text):
            assert arrow == "->>"
            assert (receiver, request[2]) == ("bridge", ENDPOINT) or is_known(receiver, request[2]), line
            open_requests.append((sender, receiver))
        elif arrow == "-->>":
            assert (receiver, sender) in open_requests, f"nobody asked for this: {line}"
            open_requests.remove((receiver, sender))
            assert re.match(r"\d{3}, ", text), line


def test_the_pages_have_diagrams() -> None:
    assert len(PICTURES) >= 3
