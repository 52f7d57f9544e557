"""The API's actor policy between real processes: what a user of the bridge sees if the API does not trust it."""

from pathlib import Path

import requests

from tests.services.own_process import own_process
from tests.services.running import Running
from tests.services.test_traces import ADMIN, tool_call


def test_an_api_that_does_not_trust_the_bridge_tells_the_user_and_both_logs(services: Running, tmp_path: Path) -> None:
    """RFC 8693 §4.1: the bridge is the current actor; trusting the user's own client makes no difference."""
    token = services.subject_token(ADMIN)
    with (
        own_process("api", services, tmp_path / "api", API_TRUSTED_ACTORS="local-manual-client") as api,
        own_process("bridge", services, tmp_path / "bridge", API_BASE_URL=api.url) as bridge,
    ):
        result = bridge.greet(token, trace_id="f" * 32)
    assert result["isError"]
    assert result["content"][0]["text"] == (
        "The API refused the operation: The current actor (act) may not call this resource."
    )
    (row,) = services.audit(trace_id="f" * 32)
    assert (row["status"], row["reason"], row["actor"]) == (403, "actor_not_trusted", "local-mcp-bridge")
    call = tool_call(services, trace_id="f" * 32)
    assert (call["outcome"], call["reason"], call["exchange"]) == ("refused", "actor_not_trusted", "exchanged")


def test_a_users_own_client_is_refused_if_delegation_is_required(services: Running, tmp_path: Path) -> None:
    token = services.subject_token(ADMIN, aud=f"{services.api}/", scope="read:private")
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{services.api}/api/private-scope", headers=headers, timeout=30).status_code == 200
    with own_process("api", services, tmp_path / "api", API_REQUIRE_DELEGATION="true") as api:
        answer = requests.get(f"{api.url}/api/private-scope", headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["reason"]) == (403, "delegation_required")
