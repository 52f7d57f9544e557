"""Configuration by environment variables, in one call: `ON_BEHALF_OF = from_environment()` in a project's settings.

Each variable is declared once, where it is read: `tenant`, `api`, `audit`, `mcp_server`, `shared_cache` and `hosting`
declare its name, default, meaning and kind of value (`kinds`). This repository's own services
read the same declarations, and docs/configuration.md is written from them.
"""

from on_behalf_of.environment.setting_from_environment import from_environment
from on_behalf_of.environment.shared_cache import caches_from_environment
from on_behalf_of.environment.variable import Variable, Variables

__all__ = ["Variable", "Variables", "caches_from_environment", "from_environment"]
