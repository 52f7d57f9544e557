"""Choose the remedy for a refused token, in the words of `explain_token`, and the variable to look at."""

import time
from dataclasses import dataclass, field

from on_behalf_of.resource_server.refusals import InvalidToken, NotPermitted, Reason
from on_behalf_of.resource_server.remedies import Circumstances, remedy
from on_behalf_of.resource_server.token_parts import read_parts
from on_behalf_of.resource_server.token_rules import TokenRules


@dataclass(frozen=True)
class Expected:
    """The rules for one of the two tokens, and the variable that names its audience."""

    rules: TokenRules
    audience_setting: str
    neighbours: dict[str, str] = field(default_factory=dict)  # audience of the other token -> what that means


ISSUER = "OAUTH_ISSUER or AUTH0_DOMAIN"
_SETTINGS = {
    Reason.ISSUER: ISSUER,
    Reason.UNKNOWN_KEY: ISSUER,
    Reason.DIALECT: "TOKEN_DIALECTS",
    Reason.CLAIM: "TOKEN_DIALECTS",
    Reason.ACTOR_NOT_CLIENT: "TOKEN_ACTOR_RULE",
    Reason.MACHINE: "MCP_ALLOW_MACHINES",
}
FOR_ANOTHER = {Reason.NOT_A_JWT, Reason.AUDIENCE}  # tenants issue opaque tokens where no API is named


def advice(error: InvalidToken | NotPermitted, token: str, expected: Expected) -> tuple[str, str]:
    """Return the remedy and the setting."""
    seen = Circumstances(expected.rules, read_parts(token), time.time(), expected.neighbours)
    setting = expected.audience_setting if error.reason in FOR_ANOTHER else _SETTINGS.get(error.reason, "")
    return remedy(error, seen), setting
