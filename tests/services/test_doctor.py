"""The doctor on real processes: the services that `make run` starts are healthy."""

import json

from tests.services.running import Running


def test_the_local_tenant_and_both_services_are_healthy(services: Running) -> None:
    file = services.state_dir / "token-for-the-doctor"
    file.write_text(services.subject_token("auth0|local-admin"))
    report = json.loads(services.manage("doctor", "--strict", "--json", "--token-file", str(file)))
    assert {finding["status"] for finding in report["findings"]} == {"ok"}
    assert services.audit()[-1]["path"] == "/api/private-scope"  # its call is on record, like any other
