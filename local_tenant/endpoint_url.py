from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse


def endpoint_url(name: str) -> str:
    """Return the URL of the endpoint that django-oauth-toolkit calls `name`, for both discovery and tokens."""
    return urljoin(settings.LOCAL_TENANT.issuer, reverse(f"oauth2_provider:{name}"))
