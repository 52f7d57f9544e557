"""The token endpoint of the fake tenant: client credentials for the Management API, and the exchange."""

from collections.abc import Callable
from typing import Any

import jwt

from tests.auth0_setup.answers import answer
from tests.loopback_server import Reply

MANAGER, MANAGER_SECRET = "management-client", "the-secret-of-the-manager"
DENIED = b'{"error":"access_denied","error_description":"Unauthorized"}'
OBO = "on_behalf_of_token_exchange"


def manager_granted(form: dict[str, str], token: Callable[[], str]) -> Reply:
    """RFC 6749 §4.4."""
    if (form["client_id"], form["client_secret"]) != (MANAGER, MANAGER_SECRET):
        return Reply(401, DENIED)
    return answer(200, {"access_token": token(), "token_type": "Bearer", "expires_in": 86400})


def exchanged(
    form: dict[str, str],
    clients: list[dict[str, Any]],
    grants: list[dict[str, Any]],
    token: Callable[..., str],
    denied: set[str],
) -> Reply:
    """Exchange by Auth0's rules (RFC 8693): the client must be linked to the token's API and have a grant for users."""
    client = next((each for each in clients if each["client_id"] == form["client_id"]), None)
    if client is None or client["client_secret"] != form["client_secret"]:
        return Reply(401, DENIED)
    subject = jwt.decode(form["subject_token"], options={"verify_signature": False})
    profiles = client.get("token_exchange", {}).get("allow_any_profile_of_type", [])
    if client.get("resource_server_identifier") != subject["aud"] or OBO not in profiles:
        return Reply(403, b'{"error":"unauthorized_client"}')
    wanted = (form["client_id"], form["audience"], "user")
    grant = next((each for each in grants if _granted(each) == wanted), None)
    if grant is None or not set(form["scope"].split()) <= set(grant["scope"]) - denied:
        return Reply(403, b'{"error":"access_denied","error_description":"no grant"}')
    issued = token(
        aud=form["audience"],
        sub=subject["sub"],
        client_id=form["client_id"],
        scope=form["scope"],
        act={"sub": form["client_id"], "act": {"sub": subject["client_id"]}},
    )
    kind = "urn:ietf:params:oauth:token-type:access_token"
    return answer(200, {"access_token": issued, "token_type": "Bearer", "expires_in": 300, "issued_token_type": kind})


def _granted(grant: dict[str, Any]) -> tuple[Any, Any, Any]:
    return grant.get("client_id"), grant["audience"], grant["subject_type"]
