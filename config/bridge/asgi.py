"""What `serve bridge` runs; `granian --interface asgi config.bridge.asgi:application` does the same."""

import gc
import os

from on_behalf_of.serving.parent_process import end_with_server

end_with_server()  # first, for what follows takes a second

import django  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

# The SDK builds some thousand classes that stay for ever. Collecting in between would walk over them again and
# again, for a quarter of a second and for nothing.
gc.disable()
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
    metadata_at_root=True,  # the bridge has its host for itself
    # One for all threads: Django would make another for each, with connections of its own.
    shared_cache=caches[SHARED_CACHE] if SHARED_CACHE in settings.CACHES else None,
)

gc.freeze()
gc.enable()
