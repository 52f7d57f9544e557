"""The API's process: the base settings, narrowed to what this service needs."""

from dataclasses import replace
from functools import partial

from config import services
from config.generated_secrets import derived_secret
from config.settings import *
from on_behalf_of.audit.configuration import Sealing

SECRET_KEY = derived_secret(ENVIRONMENT.secret_key, "api")  # no other service accepts what this one signs
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "api_session", "api_csrf"  # browsers ignore the port of a cookie
ROOT_URLCONF = "config.api.urls"
# Beside the local tenant, Django's accounts are managed in that one's admin, which knows users of the tenant.
MANAGES_ACCOUNTS = not ENVIRONMENT.is_local
# The bridge's app too: its records of tool calls are reviewed here, beside the API's log.
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in {"oauth2_provider", "local_tenant"}]

# Programs with a token are not sent to https: a token that came in the clear is lost already, and the bridge comes
# from inside, where there is no TLS. Pages are, with SECURE_SSL_REDIRECT.
SECURE_REDIRECT_EXEMPT = [r"^api/"]

API = services.api_configuration(ENVIRONMENT)
if ENVIRONMENT.observability.metrics:
    from on_behalf_of.serving.metrics import api as metrics  # nothing of it is loaded elsewhere
    from on_behalf_of.serving.metrics.measurements import Measurements

    MEASUREMENTS = Measurements(worked_out=[metrics.WaitingForSeal()])
    API = replace(API, observer=metrics.observed(MEASUREMENTS))
    MIDDLEWARE = ["on_behalf_of.serving.metrics.page.MetricsMiddleware", *MIDDLEWARE]

if ENVIRONMENT.observability.tracing:
    from on_behalf_of.serving.tracing import Spans, exporting_provider

    spans = Spans(partial(exporting_provider, "api"))
    API = replace(API, observer=replace(API.observer, span=spans, process_ends=spans.stop))

AUDIT = replace(services.audit_configuration(ENVIRONMENT), sealing=Sealing.THREAD)
ON_BEHALF_OF = ON_BEHALF_OF | {"API": API, "AUDIT": AUDIT}

# A call that cannot be recorded is refused within two seconds, so nobody waits longer than that for a lock. (On
# PostgreSQL, on_behalf_of.audit.time_limit has the same in mind; this ends what the server still does about it.)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"]["timeout"] = 1.4  # seconds
else:
    DATABASES["default"]["OPTIONS"]["options"] += " -c lock_timeout=1500"  # milliseconds
