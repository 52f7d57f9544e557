from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse


def endpoint_url(name: str) -> str:
    """Return the URL of an endpoint by django-oauth-toolkit's name for it, as discovery and tokens both spell it."""
    return urljoin(settings.LOCAL_TENANT.issuer, reverse(f"oauth2_provider:{name}"))
