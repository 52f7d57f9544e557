"""Any request to the running API, allowed by its description or not, gets an answer that is described.

Schemathesis reads the description from the API itself and makes the requests: its examples, every bound and kind of
value once, invented ones, and sequences in which one answer feeds the next request. All of its checks are on: no 5xx
answer; status, headers, content type and body as described; what fits the schemas is accepted, and what does not is
refused; no call passes without a token or with a wrong one; what was deleted is gone and what was made is there;
methods that a path lacks are answered 405 with `Allow`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.running import Running

SUBJECT = "auth0|local-admin"
EXAMPLES = 400 if os.environ.get("LONG_TESTS") == "1" else 5


@pytest.mark.long
def test_every_request_is_answered_as_described(services: Running, tmp_path: Path) -> None:
    token = services.subject_token(SUBJECT, "read:private write:private", aud=f"{services.api}/", exp=2**33)
    rows_before = len(services.audit(subject=SUBJECT))
    result = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{services.api}/openapi.json"),
            *("--url", services.api, "--header", f"Authorization: Bearer {token}"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--mode", "all"),
            *("--max-examples", str(EXAMPLES), "--generation-database", "none", "--no-color"),
        ],
        cwd=tmp_path,  # so that no configuration file of the developer is read
        capture_output=True,
        text=True,
        check=False,
    )
    said = (result.stdout + result.stderr).replace(token, "(the token)")
    assert result.returncode == 0, said
    assert "Tested: 8" in said
    rows = services.audit(subject=SUBJECT)[rows_before:]
    assert {row["status"] for row in rows} >= {200, 201, 204, 400, 404, 405}  # the requests reached the views
    assert len(rows) > 100
