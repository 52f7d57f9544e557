"""`manage.py doctor` names the problem, the setting and the remedy, and shows no secret."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.issuer import BRIDGE_CLIENT, key_id
from tests.on_behalf_of.diagnosis.doctor.broken import CASES, Case
from tests.on_behalf_of.diagnosis.doctor.clinic import Clinic
from tests.on_behalf_of.exchange.client_proofs import CLIENT_SECRET, OLD_CLIENT, OLD_SECRET


def test_a_healthy_deployment_has_no_problems_or_warnings(clinic: Clinic) -> None:
    report = clinic.examine("--strict")
    assert report.exit_code == 0
    assert {finding["status"] for finding in report.findings} == {"ok"}
    checks = list(dict.fromkeys(finding["check"] for finding in report.findings))
    assert checks == [
        *("environment", "tls", "clock", "discovery", "mcp clients", "keys", "bridge metadata", "api metadata", "api"),
        *("token A", "resource parameter", "exchange", "token B", "api call"),
    ]
    (token_b,) = report.of("token B")
    assert "acting now: bridge-client for inspector" in token_b["text"]
    assert "Scopes: read:private" in token_b["text"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_cause_is_the_first_problem_named(clinic: Clinic, case: Case) -> None:
    case.harm(clinic)
    report = clinic.examine()
    first = next(finding for finding in report.findings if finding["status"] in {"problem", "warning"})
    assert (first["check"], first["status"]) == (case.check, case.status)
    assert case.names in f"{first['text']} {first['remedy']}"
    assert case.setting in first["setting"]
    assert first["remedy"]
    assert report.exit_code == (1 if report.having("problem") else 0)
    assert report.exit_code == (case.status == "problem")


def test_the_quickstarts_identifier_causes_a_warning_that_explains_how_to_move(clinic: Clinic) -> None:
    """It works, so it is no problem, but strict clients refuse it."""
    origin, endpoint = f"{clinic.variables['MCP_SERVER_URL']}/", clinic.variables["AUTH0_AUDIENCE"]
    clinic.rename_bridge(origin)
    report = clinic.examine()
    assert report.exit_code == 0
    (finding,) = report.having("warning")
    assert finding["setting"] == "AUTH0_AUDIENCE"
    assert "Gemini CLI" in finding["text"]
    assert f'AUTH0_AUDIENCE="{endpoint} {origin}"' in finding["remedy"]
    assert "docs/auth0.md" in finding["remedy"]


def test_a_bridge_that_moves_passes_with_a_token_for_either_identifier(clinic: Clinic) -> None:
    old = f"{clinic.variables['MCP_SERVER_URL']}/"
    new = clinic.variables["AUTH0_AUDIENCE"]
    clinic.variables |= {
        "AUTH0_AUDIENCE": f"{new} {old}",
        "MCP_AUTH0_CLIENT_ID": f"{BRIDGE_CLIENT} {OLD_CLIENT}",
        "MCP_AUTH0_CLIENT_SECRET": f"{CLIENT_SECRET} {OLD_SECRET}",
    }
    for audience, client in ((new, BRIDGE_CLIENT), (old, OLD_CLIENT)):
        clinic.token_changes["aud"] = audience
        report = clinic.examine("--strict")
        assert report.exit_code == 0, report.findings
        assert f"acting now: {client} for inspector" in report.of("token B")[0]["text"]
        assert OLD_SECRET not in report.output


def test_warnings_count_as_problems_if_requested(clinic: Clinic) -> None:
    clinic.tenant.metadata_changes["code_challenge_methods_supported"] = ["plain"]
    assert (clinic.examine().exit_code, clinic.examine("--strict").exit_code) == (0, 1)


def test_a_token_pasted_with_surrounding_text_is_read_as_explain_token_reads_it(clinic: Clinic) -> None:
    (clinic.folder / "answer").write_text(f'{{"access_token": "{clinic.token_a()}", "token_type": "Bearer"}}')
    report = clinic.examine("--token-file", str(clinic.folder / "answer"), with_token=False)
    assert report.of("token A")[0]["status"] == "ok"


@pytest.mark.parametrize("audience", ["https://tenant.example/userinfo", "http://elsewhere.example/"])
def test_token_a_reveals_a_tenant_that_ignores_resource(clinic: Clinic, audience: str) -> None:
    """RFC 8707: what an MCP client asks for by `resource` has to become the audience."""
    clinic.token_changes["aud"] = audience
    (finding,) = clinic.examine().of("resource parameter")
    assert finding["status"] == "problem"
    assert "compatibility" in finding["remedy"]


def test_without_a_token_the_skipped_checks_are_named(clinic: Clinic) -> None:
    report = clinic.examine(with_token=False)
    assert report.exit_code == 0
    assert [finding["check"] for finding in report.having("not checked")] == [
        *("token A", "resource parameter", "exchange", "api call"),
    ]
    assert not clinic.tenant.forms


def test_services_that_are_not_running_are_not_compared(clinic: Clinic) -> None:
    clinic.variables["MCP_SERVER_URL"] = "http://127.0.0.1:9"
    assert {finding["status"] for finding in clinic.examine().of("bridge metadata")} == {"not checked"}


def test_secrets_that_the_tenant_repeats_are_not_shown(clinic: Clinic) -> None:
    """`examine` itself searches the command's output for the secret and the tokens."""
    clinic.tenant.metadata_changes["issuer"] = clinic.token = clinic.tenant.token()
    assert clinic.examine().of("discovery")[0]["status"] == "problem"


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
any_key = st.fixed_dictionaries({"kty": st.just("RSA"), "kid": any_json, "n": any_json})
MEMBERS = ["issuer", "jwks_uri", "token_endpoint", "code_challenge_methods_supported", "registration_endpoint"]


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    metadata=st.dictionaries(st.sampled_from(MEMBERS), any_json, max_size=2),
    keys=st.lists(any_json | any_key, max_size=3),
    answer=st.dictionaries(st.sampled_from(["expires_in", "token_type", "access_token"]), any_json, max_size=2),
    token=st.dictionaries(st.sampled_from(["aud", "iss", "sub", "scope", "act", "exp"]), any_json, max_size=2),
    bridge=any_json,
)
def test_any_answer_becomes_a_finding(
    clinic: Clinic,
    metadata: dict[str, Any],
    keys: list[Any],
    answer: dict[str, Any],
    token: dict[str, Any],
    bridge: Any,
) -> None:
    clinic.tenant.metadata_changes = metadata
    clinic.tenant.published_keys = [*clinic.tenant.own_keys(), *keys]
    clinic.tenant.answer_changes = answer
    clinic.bridge.metadata = bridge
    header = {"alg": "RS256", "typ": "at+jwt", "kid": key_id(clinic.tenant.keys[0])}
    claims = clinic.tenant.claims(aud=clinic.variables["AUTH0_AUDIENCE"]) | token
    clinic.token = clinic.tenant.sign_raw(header, claims, clinic.tenant.keys[0])
    report = clinic.examine()
    assert report.exit_code == bool(report.having("problem"))
    assert all("\n" not in f"{finding['text']}{finding['remedy']}" for finding in report.findings)
