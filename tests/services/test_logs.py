"""The services' logs during good calls and failures: no secrets in either format, and in JSON one object per line."""

import json
import os
import signal
from pathlib import Path

import pytest
import requests

from tests.on_behalf_of.mcp.served_bridge import until
from tests.services.observed import served
from tests.services.running import Running

ADMIN = "auth0|local-admin"
TITLE = "the-title-of-a-note"


def secrets_of(services: Running) -> list[str]:
    files = [file for file in services.state_dir.iterdir() if file.name in {"secret_key", "bridge_client_secret"}]
    assert len(files) == 2
    return [file.read_text().strip() for file in files]


@pytest.mark.parametrize("form", ["plain", "json"])
def test_after_good_and_bad_calls_and_outages_no_token_and_no_secret_is_in_any_log(
    services: Running, tmp_path: Path, form: str
) -> None:
    api_log, bridge_log = tmp_path / "api.log", tmp_path / "bridge.log"
    token = services.subject_token(ADMIN)
    with (
        served("api", services, log=api_log, LOG_FORMAT=form) as api,
        served("bridge", services, log=bridge_log, LOG_FORMAT=form, API_BASE_URL=api.url) as bridge,
    ):
        endpoint = f"{bridge.url}/mcp"
        assert services.call("add_note", token, endpoint=endpoint, title=TITLE).status_code == 200
        assert services.call("greet", token, endpoint=endpoint).status_code == 200
        for bad in (token[:-4], services.subject_token(ADMIN, scope=""), services.subject_token("auth0|nobody")):
            services.call("greet", bad, endpoint=endpoint)
        for bad in (token, "nonsense"):
            headers = {"Authorization": f"Bearer {bad}"}
            assert requests.get(f"{api.url}/api/private-scope", headers=headers, timeout=30).status_code == 401
        os.kill(api.workers()[0].pid, signal.SIGKILL)  # granian has something to say too
        until(lambda: "worker" in api_log.read_text(), "granian said nothing")
        until(api.answers, "the API did not come back")
        api.stop()
        for _ in range(6):
            services.call("add_note", token, endpoint=endpoint, title=TITLE)
    said = api_log.read_text() + bridge_log.read_text()
    assert "The API is not working" in said
    for secret in (token, token.rpartition(".")[2], "eyJ", "Bearer", TITLE, *secrets_of(services)):
        assert secret not in said, said
    if form == "json":
        lines = [
            *api_log.read_text().splitlines()[1:],
            *bridge_log.read_text().splitlines()[1:],
        ]  # after `serve` itself
        objects = [json.loads(each) for each in lines]
        outage = next(each for each in objects if each["message"].startswith("The API is not working"))
        assert (outage["level"], len(outage["trace_id"]), outage["request_id"]) == ("WARNING", 32, "1")
