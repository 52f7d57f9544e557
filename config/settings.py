"""The settings that all three services share. Management commands and tests use them unchanged.

Each service narrows them in `config/<service>/settings.py`. No other module of a service reads the environment.
"""

import logging
import warnings
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config import services
from config.api_description import spectacular_settings
from config.environment import read_environment
from config.generated_secrets import derived_secret
from local_tenant import provider_settings
from on_behalf_of.environment.shared_cache import SHARED_CACHE

ENVIRONMENT = read_environment()


def has_cause(record: logging.LogRecord) -> bool:
    return record.exc_info is not None


DEBUG = ENVIRONMENT.debug
SECRET_KEY = derived_secret(ENVIRONMENT.secret_key, "commands")
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)

ON_BEHALF_OF = {
    "API": services.api_configuration(ENVIRONMENT),
    "AUDIT": services.audit_configuration(ENVIRONMENT),
    "MCP": services.bridge_configuration(ENVIRONMENT),
}
LOCAL_TENANT = services.tenant_configuration(ENVIRONMENT)

INSTALLED_APPS = [
    "config",  # first, because its templates override those of the other apps
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "downstream_api",
    "mcp_bridge",
    "on_behalf_of.audit",
    "on_behalf_of.drf",
    "on_behalf_of.mcp",
    "on_behalf_of.pages",
    "on_behalf_of.serving",
    "operations",
]
if ENVIRONMENT.is_local:  # with a real tenant configured, the development tenant is not installed
    INSTALLED_APPS += ["oauth2_provider", "local_tenant"]
    OAUTH2_PROVIDER = provider_settings.provider_settings(LOCAL_TENANT)
    OAUTH2_PROVIDER_APPLICATION_MODEL = provider_settings.APPLICATION_MODEL
    AUTHENTICATION_BACKENDS = provider_settings.AUTHENTICATION_BACKENDS
    PASSWORD_HASHERS = provider_settings.PASSWORD_HASHERS
MIDDLEWARE = [
    "on_behalf_of.serving.middleware.UncachedCredentialsMiddleware",  # outermost: covers all responses
    "on_behalf_of.serving.middleware.ProbeMiddleware",
    "on_behalf_of.serving.middleware.TrustedProxyMiddleware",
    "on_behalf_of.serving.middleware.HttpsOnlyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "on_behalf_of.serving.middleware.PagePolicyMiddleware",
    "on_behalf_of.serving.page_middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "on_behalf_of.serving.middleware.FinalSlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "on_behalf_of.serving.page_middleware.AuthenticationMiddleware",
    "on_behalf_of.serving.page_middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "on_behalf_of.serving.middleware.ErrorPageMiddleware",
    "on_behalf_of.drf.middleware.AuditMiddleware",  # innermost, because it must see the API's responses first
]
APPEND_SLASH = False  # its redirect loses the request body; see FinalSlashMiddleware
ROOT_URLCONF = "config.api.urls"
PAGE_LAYOUT = "on_behalf_of/api_page.html"  # for error pages, which belong to no app
CSRF_FAILURE_VIEW = "on_behalf_of.serving.error_pages.csrf_failure"
DEFAULT_EXCEPTION_REPORTER = "on_behalf_of.serving.error_pages.PlainErrorReporter"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

try:
    with warnings.catch_warnings(action="ignore"):  # its warnings show parts of the URL, such as the password
        database = environ.Env.db_url_config(ENVIRONMENT.database_url)  # type: ignore[no-untyped-call]
except Exception:  # noqa: BLE001 - the parser raises many types; the check below reports the error
    database = {}
if database.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
    raise ImproperlyConfigured("DATABASE_URL must be a URL such as postgres://user:password@host/name.")
MANAGES_ACCOUNTS = True  # whether the admin shows Django's users and groups
DATABASES = {"default": database}
if database["ENGINE"] == "django.db.backends.sqlite3":
    ENVIRONMENT.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at the start, so that a transaction cannot fail half-way for lack of it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        # FULL: an answered call's audit row survives power loss.
        "init_command": "PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["ENGINE"] = "on_behalf_of.audit.postgresql"  # Django's, with time limits for waiting
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        # The operating system detects a dead server, as opposed to a slow one, within ten seconds.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        # on: an answered call's audit row survives a crash of the server.
        "options": "-c synchronous_commit=on",
        **database.get("OPTIONS", {}),
    }
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Only the local tenant uses the default cache, which is separate for each process.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if ENVIRONMENT.shared_cache:
    CACHES[SHARED_CACHE] = ENVIRONMENT.shared_cache.settings()

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # no collectstatic needed
WHITENOISE_AUTOREFRESH = False

SECURE_SSL_REDIRECT = ENVIRONMENT.https_redirect
SECURE_HSTS_SECONDS = ENVIRONMENT.hsts_seconds
# HSTS for subdomains and browsers' preload lists is the decision of the domain's owner.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if ENVIRONMENT.trusted_proxies:
    # TrustedProxyMiddleware removes the header from requests that did not come through a trusted proxy.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
METRICS_ALLOWED = ENVIRONMENT.observability.metrics_allowed
MEASUREMENTS: Any = None  # set by the services if METRICS is on
SESSION_ENGINE = "on_behalf_of.serving.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "on_behalf_of.drf.authentication.AccessTokenAuthentication",
        "on_behalf_of.drf.browsable.authentication.SessionTokenAuthentication",  # if API_LOGIN_CLIENT_ID is set
    ],
    # A view that names no scope refuses every token.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["on_behalf_of.drf.parsers.StrictJsonParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "on_behalf_of.drf.browsable.renderer.PageRenderer",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "on_behalf_of.drf.negotiation.ContentNegotiation",
    "DEFAULT_PAGINATION_CLASS": "on_behalf_of.drf.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "on_behalf_of.drf.openapi.auto_schema.ApiSchema",  # loaded on first use
    "EXCEPTION_HANDLER": "on_behalf_of.drf.errors.readable_errors",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = spectacular_settings(ENVIRONMENT)

# Bodies over 1 MB are refused before they are parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOG_FORMAT = "json" if ENVIRONMENT.observability.json_lines else "plain"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "on_behalf_of.serving.json_lines.JsonLines"},
    },
    "filters": {"errors_with_a_cause": {"()": "django.utils.log.CallbackFilter", "callback": has_cause}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # No line for each 404 or 503: refusals are in the audit log, outages are logged where they arise. Without the
        # level, a line would be composed for each refusal and then be dropped.
        "django.request": {"filters": ["errors_with_a_cause"], "level": "ERROR"},
        # Anybody can send a foreign Host, and the 400 response is enough.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
