"""Clients that people use, each from its first 401 to a row in the API's log; docs/clients.md describes the results.

`make clients` installs them; only those that are quick to install and to run are in this group.
"""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from config.environment import BASE_DIR
from tests.clients.client import Row
from tests.clients.registry import clients
from tests.clients.results import known_rows

pytestmark = [pytest.mark.clients, pytest.mark.processes]

NAMES = [client.name for client in clients() if client.is_for_ci]


@dataclass
class Matrix:
    rows: dict[str, Row]
    is_well: bool
    output: str


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """Run all clients one by one, on one set of services and without a network."""
    file = tmp_path_factory.mktemp("clients") / "rows.json"
    command = [sys.executable, "-m", "tests.clients", "--ci", "--rows", str(file)]
    ended = subprocess.run(command, cwd=BASE_DIR, check=False, capture_output=True, text=True)
    assert file.exists(), ended.stdout + ended.stderr
    rows = {row["client"]: Row(**row) for row in json.loads(file.read_text())}
    return Matrix(rows, ended.returncode == 0, ended.stdout + ended.stderr)


@pytest.mark.parametrize("name", NAMES)
def test_each_client_gets_as_far_as_the_page_says(matrix: Matrix, name: str) -> None:
    assert matrix.rows[name] == known_rows()[name], matrix.output


def test_no_client_contacts_anything_beyond_this_machine(matrix: Matrix) -> None:
    assert matrix.is_well, matrix.output
