"""Every environment variable that this repository reads, in the order in which docs/configuration.md shows them.

The demo's services, the tests and other programs that we start use `NAMES` to keep the surrounding configuration out.
"""

from dataclasses import dataclass
from typing import Any

from config import environment
from on_behalf_of.environment import Variable, api, audit, hosting, mcp_server, shared_cache, tenant
from operations.auth0 import management_token


@dataclass(frozen=True)
class Section:
    """One table of the page: variables that are read together."""

    title: str
    variables: tuple[Variable[Any], ...]


SECTIONS = (
    Section("The tenant", tenant.VARIABLES),
    Section("The bridge", mcp_server.VARIABLES),
    Section("The API", api.VARIABLES),
    Section("The log", audit.VARIABLES),
    Section("What the bridge's processes share", shared_cache.VARIABLES),
    Section("Hosting", environment.OWN_HOSTING + hosting.VARIABLES),
    Section("Development", environment.DEVELOPMENT),
    Section("Setting up Auth0", management_token.VARIABLES),
)
VARIABLES = tuple(variable for section in SECTIONS for variable in section.variables)
NAMES = frozenset(variable.name for variable in VARIABLES)
