"""`manage.py serve` in a project that uses the library. tests/adoption serves an API and an MCP server with it."""

import socket
from pathlib import Path

import pytest
import requests

from operations.stack import free_ports
from tests.on_behalf_of.mcp.served_bridge import until
from tests.on_behalf_of.other_project import API, DRF_APPS, MCP, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(
        tmp_path, {"API": API, "AUDIT": {"DIRECTORY": str(tmp_path), "SEALING": "thread"}, "MCP": MCP}, DRF_APPS, set()
    )


def refused(project: Project, *arguments: str, **settings: object) -> str:
    """Return the sentence with which the command refuses to start."""
    with (project.folder / "project.py").open("a") as file:
        file.writelines(f"{name} = {value!r}\n" for name, value in settings.items())
    done = project.manage("serve", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    return sentence


def test_a_database_without_its_tables_is_refused_with_the_command_that_makes_them(project: Project) -> None:
    assert "run `python manage.py migrate` first" in refused(project)


def test_a_database_that_does_not_answer_is_told(project: Project, tmp_path: Path) -> None:
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "none" / "db.sqlite3")}
    assert "The database does not answer: check DATABASES" in refused(project, DATABASES={"default": engine})


def test_a_busy_port_is_named(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refused(project, "--port", str(port))
    assert f"Cannot listen on 127.0.0.1:{port} (Address already in use)" in sentence
    assert "give another --port" in sentence


def test_with_debug_on_no_service_listens_beyond_loopback(project: Project) -> None:
    assert "set DEBUG=false to use 0.0.0.0" in refused(project, "--host", "0.0.0.0", DEBUG=True)  # noqa: S104


@pytest.mark.parametrize(
    "application", ["nowhere:application", "no.where:application", "project", "project:", ":x", "a b:c"]
)
def test_an_application_that_is_not_there_is_named(project: Project, application: str) -> None:
    sentence = refused(project, application)
    assert sentence.startswith(f"CommandError: There is no {application}:")
    assert "such as shop.mcp:application" in sentence


@pytest.mark.processes
def test_the_project_says_how_long_a_body_may_be(project: Project, tmp_path: Path) -> None:
    with (project.folder / "project.py").open("a") as file:
        file.write(f"DATABASES['default']['NAME'] = {str(tmp_path / 'db.sqlite3')!r}\nALLOWED_HOSTS = ['127.0.0.1']\n")
    assert project.manage("migrate", "--verbosity", "0").returncode == 0
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/none"
    with project.started("serve", "--port", str(port), "--max-body", "2") as process:

        def answers() -> bool:
            assert process.poll() is None
            try:
                return requests.get(url, timeout=5).status_code == 404
            except requests.ConnectionError:
                return False

        until(answers, "the server does not answer")
        assert requests.post(url, data=b"x" * 2_000_000, timeout=30).status_code == 404
        refused = requests.post(url, data=b"x" * 2_100_000, timeout=30)
        assert (refused.status_code, refused.json()["detail"]) == (413, "The request's body is larger than 2 MB.")
