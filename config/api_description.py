"""Settings for drf-spectacular, which draws the rest from the views by `on_behalf_of.drf.openapi`."""

from typing import Any

from config.environment import Environment
from config.services import API_SCOPES

VERSION = "0.1.0"
DESCRIPTION = """\
Calls are made on behalf of a user. The access token names the user, and in `act` everybody who acts for them
(RFC 8693 §4.1); the API checks the scope, decides who may act for whom, and records each call before it answers.

**Tokens** come in the `Authorization` header, and nowhere else (RFC 6750 §2.1). Log in at the tenant, or present a
token that was exchanged for this API. A refusal says in `WWW-Authenticate` what to ask the tenant for.

**Bodies** are JSON objects in UTF-8, up to 1 MB. Duplicate members, `NaN`, `Infinity`, numbers beyond a double, lone
surrogates and very deep nesting are refused. Members that an operation does not know, or that are read only, are
ignored. So are query parameters that it does not know, except `access_token`, which is refused.

**Answers** are JSON, and new members may come with time. Whatever goes wrong is told in `detail`, in a sentence for
people; `reason` is a code that stays the same. A method that a path does not know is answered with 405 and `Allow`.
`X-Request-ID` names a request in the API's log too; a `traceparent` that the caller sends (W3C Trace Context) is kept
there.
"""
TAGS = [
    {"name": "public", "description": "Open to everybody."},
    {"name": "private-scope", "description": "What the API knows of its caller."},
    {"name": "notes", "description": "The user's own notes."},
]


def spectacular_settings(environment: Environment) -> dict[str, Any]:
    """`SPECTACULAR_SETTINGS`. Nothing of drf-spectacular is loaded for it."""
    return {
        "OAS_VERSION": "3.1.0",
        "TITLE": "Notes API",
        "VERSION": VERSION,
        "DESCRIPTION": DESCRIPTION,
        "TAGS": TAGS,
        "SERVERS": [{"url": environment.api_url}],
        "SCHEMA_PATH_PREFIX": "/api/",
        "COMPONENT_SPLIT_REQUEST": True,  # a note that is sent has no id yet
        "OAUTH2_SCOPES": API_SCOPES,
        # People with a browser session are not clients of the API.
        "AUTHENTICATION_WHITELIST": ["on_behalf_of.drf.authentication.AccessTokenAuthentication"],
        "RENDERER_WHITELIST": ["rest_framework.renderers.JSONRenderer"],  # the pages are for people
        "DEFAULT_GENERATOR_CLASS": "on_behalf_of.drf.openapi.description.DescriptionGenerator",
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    }
