"""The API's metadata for clients: `path("", include("on_behalf_of.drf.urls"))` at the root of the URLconf."""

from urllib.parse import urlsplit

from django.urls import path

from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.metadata import protected_resource_metadata

app_name = "obo_drf"
urlpatterns = [
    path(
        urlsplit(api_configuration().resource.metadata_url).path.removeprefix("/"),
        protected_resource_metadata,
        name="protected-resource-metadata",
    ),
]
