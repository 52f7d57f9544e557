"""Settings for drf-spectacular. `on_behalf_of.drf.openapi` derives the rest of the description from the views."""

from typing import Any

from config.environment import Environment
from config.services import API_SCOPES

VERSION = "0.1.0"
DESCRIPTION = """\
Calls are made on behalf of a user. The access token names the user, and its `act` claim names everyone who acts for
them (RFC 8693 §4.1). The API checks the scope, decides who may act for whom, and records each call before it answers.

**Tokens** must be in the `Authorization` header (RFC 6750 §2.1). Log in at the tenant, or present a token that was
exchanged for this API. If the API refuses a token, `WWW-Authenticate` says what to request from the tenant.

**Bodies** are JSON objects in UTF-8, up to 1 MB. Duplicate members, `NaN`, `Infinity`, numbers beyond a double, lone
surrogates and very deep nesting are refused. Unknown and read-only members are ignored. So are unknown query
parameters, except `access_token`, which is refused.

**Responses** are JSON; later versions may add members. In an error, `detail` is a sentence for people, and `reason` is
a stable code. A method that a path does not support gets 405 with `Allow`. The API's log records the `X-Request-ID` of
each request, and the `traceparent` that the caller sends (W3C Trace Context).
"""
TAGS = [
    {"name": "public", "description": "Needs no token."},
    {"name": "private-scope", "description": "What the API knows about its caller."},
    {"name": "notes", "description": "The user's own notes."},
]


def spectacular_settings(environment: Environment) -> dict[str, Any]:
    """Return `SPECTACULAR_SETTINGS`, without importing drf-spectacular."""
    return {
        "OAS_VERSION": "3.1.0",
        "TITLE": "Notes API",
        "VERSION": VERSION,
        "DESCRIPTION": DESCRIPTION,
        "TAGS": TAGS,
        "SERVERS": [{"url": environment.api_url}],
        "SCHEMA_PATH_PREFIX": "/api/",
        "COMPONENT_SPLIT_REQUEST": True,  # a request has no id and no timestamps
        "OAUTH2_SCOPES": API_SCOPES,
        # Browser sessions are for the API's pages, not for clients.
        "AUTHENTICATION_WHITELIST": ["on_behalf_of.drf.authentication.AccessTokenAuthentication"],
        "RENDERER_WHITELIST": ["rest_framework.renderers.JSONRenderer"],  # the pages are for people
        "DEFAULT_GENERATOR_CLASS": "on_behalf_of.drf.openapi.description.DescriptionGenerator",
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    }
