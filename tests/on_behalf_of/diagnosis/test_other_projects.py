"""`doctor` and `explain_token` in projects that are only an API, or only an MCP server, and have only that extra."""

from pathlib import Path

import pytest

from on_behalf_of.testing import ServedIssuer
from tests.on_behalf_of.other_project import API, DRF_APPS, MCP, OF_DRF, OF_MCP, Project


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


def test_a_project_without_an_admin_passes_the_system_check(only_api: Project) -> None:
    done = only_api.manage("check")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


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


def test_a_remedy_names_the_keys_of_a_project_without_variables(only_api: Project) -> None:
    with ServedIssuer().serving() as issuer:
        only_api.configure({"API": API | {"ISSUER": issuer.url, "DIALECTS": "auth0"}, "AUDIT": {}})
        said = only_api.manage("explain_token", typed=issuer.token(aud=API["AUDIENCE"])).stdout
    assert "TOKEN_DIALECTS" not in said
    assert 'ON_BEHALF_OF["API"]["DIALECTS"]' in said


def test_a_token_is_explained_by_an_mcp_server_alone(only_mcp: Project) -> None:
    assert only_mcp.manage("explain_token", typed="opaque").stdout.startswith("The bridge refuses this token:")


def test_a_service_that_the_project_lacks_cannot_judge(only_api: Project) -> None:
    done = only_api.manage("explain_token", "--as", "bridge", typed="opaque")
    assert done.returncode == 2
    assert 'add "MCP" to ON_BEHALF_OF' in done.stderr
