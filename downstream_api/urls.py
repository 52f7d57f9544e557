from django.urls import include, path
from rest_framework.routers import SimpleRouter

from downstream_api import views
from on_behalf_of.drf.openapi import views as openapi

router = SimpleRouter(use_regex_path=False)  # so that the log shows readable routes
router.register("notes", views.NoteViewSet, basename="note")

urlpatterns = [
    path("", include("on_behalf_of.drf.urls")),
    path("", include("on_behalf_of.drf.browsable.urls")),
    path("api/public", views.PublicView.as_view(), name="public"),
    path("api/private-scope", views.PrivateScopeView.as_view(), name="private-scope"),
    path("api/", include(router.urls)),
    path("openapi.json", openapi.document, name="openapi"),
    path("docs", openapi.page, name="docs"),
    path("docs/oauth2-redirect.html", openapi.redirect, name="docs-redirect"),
]
