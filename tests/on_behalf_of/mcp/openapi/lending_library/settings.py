"""Settings of the lending library. Three variables change them:

LENDING_DATA: the folder of the database and of uploaded files. LENDING_OAS: the description's version of OpenAPI.
LENDING_SPECTACULAR: further settings of drf-spectacular, as JSON.
"""

import json
import os
from pathlib import Path

LIBRARY = "tests.on_behalf_of.mcp.openapi.lending_library"
DATA = Path(os.environ["LENDING_DATA"])

SECRET_KEY = "only for tests of this lending library, and long enough"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = f"{LIBRARY}.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = DATA / "media"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "library.sqlite3"}}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "drf_spectacular",
    f"{LIBRARY}.catalogue",
    f"{LIBRARY}.circulation",
    "on_behalf_of.audit",
    "on_behalf_of.drf",
    "on_behalf_of.pages",
    "on_behalf_of.serving",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "on_behalf_of.drf.middleware.AuditMiddleware",
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "on_behalf_of.drf.authentication.AccessTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": f"{LIBRARY}.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"renewals": "2/hour"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lending library",
    "VERSION": "2",
    "OAS_VERSION": os.environ.get("LENDING_OAS", "3.1.0"),
    "SCHEMA_PATH_PREFIX": "/api/v2",
    "SERVE_AUTHENTICATION": [],
    **json.loads(os.environ.get("LENDING_SPECTACULAR", "{}")),
}
ON_BEHALF_OF = {
    "API": {
        "ISSUER": os.environ.get("OAUTH_ISSUER", "https://tenant.example/"),
        "AUDIENCE": "https://library.example/api",
        "BASE_URL": os.environ.get("API_BASE_URL", "https://library.example"),
        "NAME": "Lending library",
        "USER": f"{LIBRARY}.circulation.accounts.user_of",
        "UNSCOPED_VIEWS": [f"{LIBRARY}.circulation.desk.Me"],
        "SCOPES": {
            "catalogue:read": "Find books.",
            "catalogue:write": "Change the catalogue.",
            "loans:read": "See members, loans and payments.",
            "loans:write": "Lend, return and pay.",
        },
    },
    "AUDIT": {"SEALING": "command", "DIRECTORY": DATA},
}
