"""The development tenant's process: the base settings, narrowed to what this service needs."""

from django.core.exceptions import ImproperlyConfigured

from config.generated_secrets import derived_secret
from config.settings import *

if not ENVIRONMENT.is_local:
    raise ImproperlyConfigured(
        "The local tenant is for development: it starts only with DEBUG on and an http issuer on this machine. "
        "You don't need it, because OAUTH_ISSUER or AUTH0_DOMAIN names another tenant."
    )

SECRET_KEY = derived_secret(ENVIRONMENT.secret_key, "tenant")  # other services reject this service's signatures
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "tenant_session", "tenant_csrf"  # cookies are shared across ports
ROOT_URLCONF = "config.tenant.urls"
OTHERS = ("rest_framework", "drf_spectacular", "downstream_api", "mcp_bridge", "operations",
          "on_behalf_of.audit", "on_behalf_of.drf", "on_behalf_of.mcp")  # fmt: skip
INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith(OTHERS)]
MIDDLEWARE = [entry for entry in MIDDLEWARE if not entry.startswith("on_behalf_of.drf.")]
PAGE_LAYOUT = "local_tenant/page.html"
LOGIN_URL = "login"
