from django.conf import settings
from django.urls import path, re_path
from django.views.decorators.common import no_append_slash

from mcp_bridge import views
from on_behalf_of.mcp.configuration import ENDPOINT
from on_behalf_of.mcp.issuer import issuer_keys
from on_behalf_of.resource_server.protected_resource import well_known_paths
from on_behalf_of.serving.health import healthz, readiness

handler400 = views.bad_request
handler404 = views.not_found
handler500 = views.server_error

urlpatterns = [
    path("", views.home, name="home"),
    *(
        path(f"{each.lstrip('/')}{slash}", views.protected_resource_metadata)
        for each in well_known_paths(ENDPOINT)
        for slash in ("", "/")  # as clients spell it that insert it before the path of /mcp/, or of the bare origin
    ),
    path("healthz", healthz),
    # Keys once held stay good through an outage of the tenant, and so does this node.
    path("readyz", readiness(keys=lambda: issuer_keys(settings.MCP_BRIDGE).ready())),
    re_path("", no_append_slash(views.not_found)),  # explicit, so that it is the same with DEBUG on
]
