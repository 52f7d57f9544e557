import time
from typing import Any

from local_tenant.access_token import signed_jwt
from tests.local_tenant.flow import BRIDGE, CLIENT_ID, ISSUER


def subject(**changes: Any) -> dict[str, Any]:
    """Return claims of an access token for the bridge, as the tenant makes them. None removes a claim."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": "auth0|local-admin",
        "aud": BRIDGE,
        "client_id": CLIENT_ID,
        "iat": now,
        "exp": now + 600,
        "jti": "a",
        "scope": "tool:whoami",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def subject_token(**changes: Any) -> str:
    return signed_jwt(subject(**changes), typ="at+jwt")


# The outermost is the client of the subject token.
ACT_4 = {"sub": CLIENT_ID, "act": {"sub": "b", "act": {"sub": "c", "act": {"sub": "d"}}}}
