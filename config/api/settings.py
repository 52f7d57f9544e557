"""The API's process: the base settings, narrowed to what this service needs."""

from dataclasses import replace
from functools import partial

from config import services
from config.generated_secrets import derived_secret
from config.settings import *
from on_behalf_of.audit.configuration import Sealing

SECRET_KEY = derived_secret(ENVIRONMENT.secret_key, "api")  # other services reject this service's signatures
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "api_session", "api_csrf"  # cookies are shared across ports
ROOT_URLCONF = "config.api.urls"
# With the local tenant, Django accounts are managed in the tenant's admin, which keeps tenant users apart from them.
MANAGES_ACCOUNTS = not ENVIRONMENT.is_local
# The bridge's app stays, because its records of tool calls are reviewed in this admin.
INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in {"oauth2_provider", "local_tenant"}]

# With SECURE_SSL_REDIRECT, pages redirect to https, but API calls don't: a token that was sent in plain text is
# exposed already, and the bridge calls from the internal network, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^api/"]

API = services.api_configuration(ENVIRONMENT)
if ENVIRONMENT.observability.metrics:
    from on_behalf_of.serving.metrics import api as metrics  # loaded only if METRICS is on
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

# The API refuses a call that it cannot record within two seconds, so a statement must not wait longer for a lock. (On
# PostgreSQL, on_behalf_of.audit.time_limit ends the client's wait; lock_timeout also ends the server's.)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"]["timeout"] = 1.4  # seconds
else:
    DATABASES["default"]["OPTIONS"]["options"] += " -c lock_timeout=1500"  # milliseconds
