from django.urls import path, re_path
from django.views.decorators.common import no_append_slash

from mcp_bridge import views
from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.mcp.issuer import issuer_keys
from on_behalf_of.serving.health import healthz, readiness

handler400 = views.bad_request
handler404 = views.not_found
handler500 = views.server_error

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", healthz),
    # Once fetched, keys stay valid through an outage of the tenant, so this node stays ready.
    path("readyz", readiness(keys=lambda: issuer_keys(bridge_configuration()).ready())),
    re_path("", no_append_slash(views.not_found)),  # explicit, so that the response is the same with DEBUG on
]
