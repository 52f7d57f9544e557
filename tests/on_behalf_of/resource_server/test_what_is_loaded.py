import subprocess
import sys

import pytest

HEAVY = ("django", "requests", "cryptography", "jwt")


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("from on_behalf_of.resource_server.issuer_keys import KeyFetching", "[]"),
        ("from on_behalf_of.resource_server.who_may_present import CallerRules", "[]"),
        ("from on_behalf_of.resource_server import verify_access_token", "['cryptography', 'jwt']"),
    ],
)
def test_options_and_verification_load_no_more_than_they_need(statement: str, loaded: str) -> None:
    program = f"import sys; {statement}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded
