"""The API's process: the base settings, narrowed to what this service needs."""

from config.generated_secrets import derived_secret
from config.settings import *

SECRET_KEY = derived_secret(ENVIRONMENT.secret_key, "api")  # no other service accepts what this one signs
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "api_session", "api_csrf"  # browsers ignore the port of a cookie
ROOT_URLCONF = "config.api.urls"
# Beside the local tenant, Django's accounts are managed in that one's admin, which knows users of the tenant.
MANAGES_ACCOUNTS = not ENVIRONMENT.is_local
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in {"mcp_bridge", "oauth2_provider", "local_tenant"}]
