"""The MCP bridge's process: the base settings, narrowed to what this service needs."""

from dataclasses import replace
from functools import partial
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured

from config import services
from config.generated_secrets import derived_secret
from config.settings import *
from on_behalf_of.environment.mcp_server import missing_variables

SECRET_KEY = derived_secret(ENVIRONMENT.secret_key, "bridge")  # other services reject this service's signatures
ROOT_URLCONF = "config.bridge.urls"
PAGE_LAYOUT = "mcp_bridge/page.html"
# The bridge's pages have no login, so it needs no sessions, users or cookies.
INSTALLED_APPS = [
    "config",
    "django.contrib.staticfiles",
    "mcp_bridge",
    "on_behalf_of.mcp",
    "on_behalf_of.pages",
    "on_behalf_of.serving",
]
TEMPLATES = [TEMPLATES[0] | {"OPTIONS": {"context_processors": ["django.template.context_processors.request"]}}]
NEEDLESS = ("on_behalf_of.serving.page_middleware.", "django.middleware.csrf.", "on_behalf_of.drf.")
MIDDLEWARE = [entry for entry in MIDDLEWARE if not entry.startswith(NEEDLESS)]
SILENCED_SYSTEM_CHECKS = [
    *SILENCED_SYSTEM_CHECKS,
    "security.W003",
]  # without cookies and forms, CSRF is impossible

# The SDK logs warnings about clients' mistakes. The clients get an error, and operators cannot act on the warning.
cast("dict[str, Any]", LOGGING["loggers"])["mcp"] = {"level": "ERROR"}

MCP = services.bridge_configuration(ENVIRONMENT)
if ENVIRONMENT.observability.metrics:
    from on_behalf_of.serving.metrics import bridge as metrics  # loaded only if METRICS is on
    from on_behalf_of.serving.metrics.measurements import Measurements

    MEASUREMENTS = Measurements()
    MCP = replace(MCP, observer=metrics.observed(MEASUREMENTS))
    MIDDLEWARE = ["on_behalf_of.serving.metrics.page.MetricsMiddleware", *MIDDLEWARE]

if ENVIRONMENT.observability.tracing:
    from on_behalf_of.serving.tracing import Spans, exporting_provider

    spans = Spans(partial(exporting_provider, "bridge"))
    MCP = replace(MCP, observer=replace(MCP.observer, span=spans, process_ends=spans.stop))

ON_BEHALF_OF = {"MCP": MCP}

for name in missing_variables(MCP.clients):
    raise ImproperlyConfigured(
        f"{name} is missing. Set it in the environment or in .env: the bridge exchanges tokens as the client that is "
        "linked to its API at the tenant."
    )
