from django.urls import include, path
from rest_framework.routers import SimpleRouter

from downstream_api import views
from resource_server.protected_resource import WELL_KNOWN

router = SimpleRouter(use_regex_path=False)  # so that the log names routes as people write them
router.register("notes", views.NoteViewSet, basename="note")

urlpatterns = [
    path("", include("downstream_api.browsable.urls")),
    path("api/public", views.PublicView.as_view(), name="public"),
    path("api/private-scope", views.PrivateScopeView.as_view(), name="private-scope"),
    path("api/", include(router.urls)),
    path(WELL_KNOWN.removeprefix("/"), views.protected_resource_metadata, name="protected-resource-metadata"),
]
