"""System checks: variables that are set and have no effect."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register

from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.setting import is_declared

LEFTOVER = (
    "MCP_AUTH0_SUBJECT_TOKEN_TYPE is set and has no effect: it belongs to Auth0's older Custom Token Exchange sample, "
    "and On-Behalf-Of always exchanges an access token."
)
REMOVE_LEFTOVER = "Remove it. The exchange needs a client grant of the bridge's client for the API instead."


@register()
def nothing_is_left_of_custom_token_exchange(**_kwargs: Any) -> list[CheckMessage]:
    if not is_declared("MCP"):  # this process only shows tool calls to reviewers
        return []
    configuration = bridge_configuration()
    if not configuration.has_leftover_subject_token_type:
        return []
    return [checks.Warning(LEFTOVER, hint=REMOVE_LEFTOVER, id="obo_mcp.W001")]
