"""System checks: variables that are set and have no effect, and tools that the API has left behind."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.mcp.declared_tools import declared_tools
from on_behalf_of.setting import is_declared

LEFTOVER = (
    "MCP_AUTH0_SUBJECT_TOKEN_TYPE is set and has no effect: it belongs to Auth0's older Custom Token Exchange sample, "
    "and On-Behalf-Of always exchanges an access token."
)
REMOVE_LEFTOVER = "Remove it. The exchange needs a client grant of the bridge's client for the API instead."

NOT_COMPARED = "The generated tools cannot be compared with the API. Serve its description, or name a file of it."


@register()
def nothing_is_left_of_custom_token_exchange(**_kwargs: Any) -> list[CheckMessage]:
    if not is_declared("MCP"):  # this process only shows tool calls to reviewers
        return []
    configuration = bridge_configuration()
    if not configuration.has_leftover_subject_token_type:
        return []
    return [checks.Warning(LEFTOVER, hint=REMOVE_LEFTOVER, id="obo_mcp.W001")]


@register(Tags.urls)
def generated_tools_are_those_of_the_api(**_kwargs: Any) -> list[CheckMessage]:
    """Compare the lock files of generated tools with the API's description, where this process can make it.

    A description at a URL is compared when the MCP server starts.
    """
    if not is_declared("MCP"):
        return []
    from on_behalf_of.mcp.openapi.description import DescriptionUnavailable  # only those who generate tools need it

    found: list[CheckMessage] = []
    for generated in declared_tools(bridge_configuration()).generated:
        try:
            if (document := generated.current()) is not None:
                generated.check(document)
            _ = generated.tools
        except DescriptionUnavailable as why:
            found.append(checks.Warning(str(why), hint=NOT_COMPARED, id="obo_mcp.W002"))
        except ImproperlyConfigured as wrong:
            found.append(checks.Error(str(wrong), id="obo_mcp.E001"))
    return found
