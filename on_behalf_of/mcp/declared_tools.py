from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.tool_registry import ToolRegistry


def declared_tools(bridge: BridgeConfiguration) -> ToolRegistry:
    """Return the registry that the configuration names; an empty one if it names none.

    Raises ImproperlyConfigured if that path does not lead to a registry.
    """
    return registry_at(bridge.tools) if bridge.tools else ToolRegistry()


def registry_at(path: str) -> ToolRegistry:
    """Return the registry at a dotted path. Raises ImproperlyConfigured."""
    try:
        registry = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f'ON_BEHALF_OF["MCP"]["TOOLS"] cannot be imported: {error}.') from error
    if not isinstance(registry, ToolRegistry):
        raise ImproperlyConfigured('ON_BEHALF_OF["MCP"]["TOOLS"] must be the dotted path of a ToolRegistry.')
    return registry
