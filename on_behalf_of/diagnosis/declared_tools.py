from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry


def declared_tools(bridge: BridgeConfiguration) -> Iterable[Tool]:
    """Return the tools of the registry that the configuration names; () if it names none.

    Raises ImproperlyConfigured if that path does not lead to a registry.
    """
    if not bridge.tools:
        return ()
    try:
        registry = import_string(bridge.tools)
    except ImportError as error:
        raise ImproperlyConfigured(f'ON_BEHALF_OF["MCP"]["TOOLS"] cannot be imported: {error}.') from error
    if not isinstance(registry, ToolRegistry):
        raise ImproperlyConfigured('ON_BEHALF_OF["MCP"]["TOOLS"] must be the dotted path of a ToolRegistry.')
    return registry
