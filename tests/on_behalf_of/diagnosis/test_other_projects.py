"""`doctor` and `explain_token` in projects that are only an API, or only an MCP server, and have only that extra."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
SECRET_KEY = "a key for this test alone, which is long enough"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "on_behalf_of.serving", *{apps}]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
ROOT_URLCONF = "project"
ON_BEHALF_OF = {setting}
urlpatterns = []
"""
API = {"ISSUER": "http://127.0.0.1:9/", "AUDIENCE": "http://127.0.0.1:9/api", "BASE_URL": "http://127.0.0.1:9"}
MCP = {
    "ISSUER": "http://127.0.0.1:9/",
    "BASE_URL": "http://127.0.0.1:9",
    "CLIENT_ID": "mcp",
    "CLIENT_SECRET": "a-secret",
    "API_AUDIENCE": "http://127.0.0.1:9/api",
    "API_BASE_URL": "http://127.0.0.1:9",
}
DRF_APPS = ["rest_framework", "on_behalf_of.audit", "on_behalf_of.drf"]
OF_DRF, OF_MCP = {"rest_framework", "drf_spectacular"}, {"mcp", "jsonschema"}


class Project:
    def __init__(self, folder: Path, setting: object, apps: list[str], missing: set[str]) -> None:
        self.folder = folder
        (folder / "project.py").write_text(PROJECT.format(setting=setting, apps=apps, missing=missing))

    def manage(self, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        path = os.pathsep.join([str(self.folder), str(Path.cwd())])
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "project"},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    def findings(self) -> list[dict[str, str]]:
        done = self.manage("doctor", "--json")
        assert (done.returncode, done.stderr) == (1, "")
        findings: list[dict[str, str]] = json.loads(done.stdout)["findings"]
        return findings


@pytest.fixture
def only_api(tmp_path: Path) -> Project:
    return Project(tmp_path, {"API": API, "AUDIT": {"DIRECTORY": str(tmp_path)}}, DRF_APPS, OF_MCP)


@pytest.fixture
def only_mcp(tmp_path: Path) -> Project:
    return Project(tmp_path, {"MCP": MCP}, ["on_behalf_of.mcp"], OF_DRF)


def test_the_doctor_examines_an_api_without_an_mcp_server(only_api: Project) -> None:
    findings = only_api.findings()
    assert {finding["check"] for finding in findings} >= {"discovery", "keys", "api metadata", "api", "token A"}
    assert "bridge metadata" not in {finding["check"] for finding in findings}
    assert [finding["status"] for finding in findings if finding["check"] == "token A"] == ["not checked"]


def test_the_doctor_examines_an_mcp_server_without_its_api(only_mcp: Project) -> None:
    checks = {finding["check"] for finding in only_mcp.findings()}
    assert checks >= {"discovery", "bridge metadata", "token A"}


def test_a_project_without_variables_is_told_the_keys_of_its_setting(only_api: Project) -> None:
    settings = {finding["setting"] for finding in only_api.findings()}
    assert settings >= {'ON_BEHALF_OF["API"]["ISSUER"]', 'ON_BEHALF_OF["API"]["BASE_URL"]'}
    assert not {setting for setting in settings if "AUTH0" in setting or "OAUTH" in setting}


def test_an_api_and_an_mcp_server_that_disagree_are_told_so(tmp_path: Path) -> None:
    setting = {"API": API, "AUDIT": {}, "MCP": MCP | {"API_AUDIENCE": "http://127.0.0.1:9/other"}}
    findings = Project(tmp_path, setting, [*DRF_APPS, "on_behalf_of.mcp"], set()).findings()
    (told,) = [finding for finding in findings if "for the MCP server" in finding["text"]]
    assert (told["status"], told["setting"]) == ("problem", 'ON_BEHALF_OF["API"]["AUDIENCE"]')


def test_a_wrong_setting_is_the_only_finding(tmp_path: Path) -> None:
    first, second = Project(
        tmp_path, {"MCP": MCP | {"ISSUER": "tenant.example"}}, ["on_behalf_of.mcp"], set()
    ).findings()
    assert (first["status"], first["setting"]) == ("problem", 'ON_BEHALF_OF["MCP"]["ISSUER"]')
    assert second["status"] == "not checked"


@pytest.mark.parametrize(
    ("named", "told"),
    [("nowhere.TOOLS", "cannot be imported"), ("os.path.join", "must be the dotted path of a ToolRegistry")],
)
def test_tools_that_are_not_there_are_a_finding(tmp_path: Path, named: str, told: str) -> None:
    project = Project(tmp_path, {"MCP": MCP | {"TOOLS": named}}, ["on_behalf_of.mcp"], set())
    first = project.findings()[0]
    assert first["setting"] == 'ON_BEHALF_OF["MCP"]["TOOLS"]'
    assert told in first["text"]


def test_a_token_is_explained_by_the_service_that_the_project_has(only_api: Project) -> None:
    assert only_api.manage("explain_token", typed="opaque").stdout.startswith("The API refuses this token: not_a_jwt.")


def test_a_token_is_explained_by_an_mcp_server_alone(only_mcp: Project) -> None:
    assert only_mcp.manage("explain_token", typed="opaque").stdout.startswith("The bridge refuses this token:")


def test_a_service_that_the_project_lacks_cannot_judge(only_api: Project) -> None:
    done = only_api.manage("explain_token", "--as", "bridge", typed="opaque")
    assert done.returncode == 2
    assert 'add "MCP" to ON_BEHALF_OF' in done.stderr
