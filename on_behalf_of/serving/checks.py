"""System checks: tools that no longer fit the API that they were made from."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.setting import is_declared

NOT_COMPARED = "Let the API describe itself without a login, or give `from_openapi` the Path of a description."


@register(Tags.urls)
def generated_tools_are_those_of_the_api(**_kwargs: Any) -> list[CheckMessage]:
    """Compare the lock files of generated tools with the API's description, if this process can make it.

    A description at a URL is compared when the MCP server starts.
    """
    if not is_declared("MCP"):
        return []
    from on_behalf_of.mcp.configuration import bridge_configuration  # not every project has an MCP server
    from on_behalf_of.mcp.declared_tools import declared_tools
    from on_behalf_of.mcp.openapi.description import DescriptionUnavailable

    found: list[CheckMessage] = []
    try:
        for generated in declared_tools(bridge_configuration()).generated:
            _ = generated.tools
            if generated.lock is not None and (document := generated.current()) is not None:
                generated.check(document)
    except DescriptionUnavailable as why:
        found.append(
            checks.Warning(f"{why} The tools are used as they were locked.", hint=NOT_COMPARED, id="obo_serving.W001")
        )
    except ImproperlyConfigured as wrong:
        found.append(checks.Error(str(wrong), id="obo_serving.E001"))
    return found
