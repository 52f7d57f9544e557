from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.tool_registry import ToolRegistry

MODULE, NAME = "mcp", "TOOLS"  # where the registry is by convention: shop.mcp.TOOLS, beside shop.settings


def declared_tools(bridge: BridgeConfiguration) -> ToolRegistry:
    """Return the registry that the configuration names, or the one beside the settings; an empty one without either.

    Raises ImproperlyConfigured if the configured path does not lead to a registry.
    """
    return registry_at(bridge.tools, 'ON_BEHALF_OF["MCP"]["TOOLS"]') if bridge.tools else _beside_settings()


def registry_at(path: str, named_by: str) -> ToolRegistry:
    """Return the registry at a dotted path. Raises ImproperlyConfigured with the name of what said the path."""
    try:
        registry = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{named_by} cannot be imported: {error}.") from error
    if not isinstance(registry, ToolRegistry):
        raise ImproperlyConfigured(f"{named_by} must be the dotted path of a ToolRegistry.")
    return registry


def _beside_settings() -> ToolRegistry:
    package, dot, _ = (getattr(settings, "SETTINGS_MODULE", None) or "").partition(".")
    module = f"{package}.{MODULE}"
    found = getattr(import_module(module), NAME, None) if dot and find_spec(module) else None
    return found if isinstance(found, ToolRegistry) else ToolRegistry()
