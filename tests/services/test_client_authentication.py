"""The bridge may send its secret in a header; the local tenant accepts it there or in the body."""

import uuid
from pathlib import Path

from tests.services.own_process import own_process
from tests.services.running import Running


def test_a_secret_in_a_basic_header_is_accepted_by_the_local_tenant(services: Running, tmp_path: Path) -> None:
    """RFC 6749 §2.3.1."""
    subject = f"auth0|{uuid.uuid4().hex}"
    services.make_users([subject])
    log = tmp_path / "bridge.log"
    with own_process("bridge", services, log, MCP_AUTH0_CLIENT_AUTH_METHOD="client_secret_basic") as bridge:
        result = bridge.greet(services.subject_token(subject), trace_id="7" * 32)
    assert result["structuredContent"]["subject"] == subject
