from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from tests.on_behalf_of.mcp.openapi.lending_library.catalogue import urls as catalogue
from tests.on_behalf_of.mcp.openapi.lending_library.circulation import urls as circulation

urlpatterns = [
    path("", include("on_behalf_of.drf.urls")),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/v2/", include(catalogue)),
    path("api/v2/", include(circulation)),
]
