"""The ASGI application that `serve bridge` runs, as `granian --interface asgi config.bridge.asgi:application` does."""

import os

from on_behalf_of.serving.parent_process import end_with_server

end_with_server()  # first, because the imports below take a while

import django  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

from on_behalf_of.serving import collector  # noqa: E402

collector.pause()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.bridge.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402

from mcp_bridge.tools.registry import TOOLS  # noqa: E402
from on_behalf_of.environment.shared_cache import SHARED_CACHE  # noqa: E402
from on_behalf_of.mcp import mcp_app  # noqa: E402

application = mcp_app(
    TOOLS,
    beside=get_asgi_application(),
    metadata_at_root=True,  # the bridge is alone on its host
    # Share one cache object between threads; Django would open new connections for each thread.
    shared_cache=caches[SHARED_CACHE] if SHARED_CACHE in settings.CACHES else None,
)

collector.resume()
