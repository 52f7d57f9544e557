"""What `serve bridge` runs; `granian --interface asgi config.bridge.asgi:application` does the same."""

import gc
import os
import sys
import threading
from typing import cast

from on_behalf_of.serving.parent_process import end_with_server

end_with_server()  # first, for what follows takes a second

from django.core.asgi import get_asgi_application  # noqa: E402

is_worker = "granian" in sys.modules  # elsewhere the parent may be a shell that goes
# The SDK builds some thousand classes that stay for ever. Collecting in between would walk over them again and
# again, for a quarter of a second and for nothing.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.bridge.settings")
pages = get_asgi_application()  # sets Django up; what follows needs the settings

from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402

from config.shared_cache import SHARED_CACHE  # noqa: E402
from mcp_bridge.tools import TOOLS  # noqa: E402
from on_behalf_of.mcp.bridge import build_bridge  # noqa: E402
from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp  # noqa: E402
from on_behalf_of.mcp.issuer import issuer_keys  # noqa: E402
from on_behalf_of.mcp.records.call_rows import write_rows  # noqa: E402

application = build_bridge(
    settings.MCP_BRIDGE,
    TOOLS,
    keys=issuer_keys(settings.MCP_BRIDGE),
    pages=cast("AsgiApp", pages),
    write_calls=write_rows,
    # One for all threads: Django would make another for each, with connections of its own.
    shared_cache=caches[SHARED_CACHE] if SHARED_CACHE in settings.CACHES else None,
)

if is_worker:
    issuer_keys(settings.MCP_BRIDGE).keep_fresh(threading.Event())

gc.freeze()
gc.enable()
