"""System checks: tools that no longer fit the API that they were made from."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.setting import is_declared

NOT_COMPARED = "The generated tools cannot be compared with the API. Serve its description, or name a file of it."


@register(Tags.urls)
def generated_tools_are_those_of_the_api(**_kwargs: Any) -> list[CheckMessage]:
    """Compare the lock files of generated tools with the API's description, where this process can make it.

    A description at a URL is compared when the MCP server starts.
    """
    if not is_declared("MCP"):
        return []
    from on_behalf_of.mcp.configuration import bridge_configuration  # not every project has an MCP server
    from on_behalf_of.mcp.declared_tools import declared_tools

    generated_tools = declared_tools(bridge_configuration()).generated
    if not generated_tools:
        return []
    from on_behalf_of.mcp.openapi.description import DescriptionUnavailable

    found: list[CheckMessage] = []
    for generated in generated_tools:
        try:
            if (document := generated.current()) is not None:
                generated.check(document)
            _ = generated.tools
        except DescriptionUnavailable as why:
            found.append(checks.Warning(str(why), hint=NOT_COMPARED, id="obo_serving.W001"))
        except ImproperlyConfigured as wrong:
            found.append(checks.Error(str(wrong), id="obo_serving.E001"))
    return found
