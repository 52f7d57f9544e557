"""docs/clients.md shows the rows of a run and has a section for each client; the lock files name the versions."""

import json
import re

import pytest

from config.environment import BASE_DIR
from tests.clients.client import Client
from tests.clients.install import environments
from tests.clients.registry import clients
from tests.clients.results import PAGE, RESULTS, as_documented, documented, known_rows
from tests.docs.blocks import Block, blocks

CLIENTS = clients()
SNIPPETS = [block for kind in ("js", "python") for block in blocks("docs/clients.md", kind)]


def test_the_table_on_the_page_matches_the_last_run() -> None:
    assert documented() == as_documented(json.loads(RESULTS.read_text()))


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_every_client_has_a_row_of_the_version_that_its_lock_file_names(client: Client) -> None:
    row = known_rows()[client.name]
    lock = next(file for name in ("package-lock.json", "requirements.txt") if (file := client.folder / name).exists())
    assert row.version in lock.read_text()


def test_no_row_is_left_over() -> None:
    assert set(known_rows()) == {client.name for client in CLIENTS}


def test_lock_files_name_no_registry() -> None:
    for folder in environments():
        for lock in (folder / "package-lock.json", folder / "requirements.txt"):
            if lock.exists():
                text = lock.read_text()
                assert '"resolved"' not in text, lock
                assert "--index-url" not in text, lock
                assert "://registry." not in text, lock


def test_every_environment_says_whether_its_licence_is_proprietary() -> None:
    """Such a one is installed only when asked for."""
    for client in CLIENTS:
        assert client.is_proprietary == (client.folder / "PROPRIETARY").exists(), client.name


def test_the_page_names_every_client() -> None:
    text = PAGE.read_text()
    for client in CLIENTS:
        assert client.name.rpartition(" ")[0] in text or client.name in text


@pytest.mark.parametrize(
    "snippet", SNIPPETS, ids=lambda block: block.prose.rstrip().rpartition("`")[0].rpartition("`")[2]
)
def test_every_snippet_is_part_of_a_program_that_is_run(snippet: Block) -> None:
    paragraph = snippet.prose.rstrip().rpartition("\n\n")[2]
    program = re.findall(r"`(tests/clients/[\w./]+)`", paragraph)[0]
    assert without_indentation(snippet.text) in without_indentation((BASE_DIR / program).read_text())


def without_indentation(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
