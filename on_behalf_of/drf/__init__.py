"""Django REST framework as a protected resource: verify the token, enforce scopes and actors, record the call.

Install the apps `on_behalf_of.audit` and `on_behalf_of.drf`, put `AuditMiddleware` last in MIDDLEWARE, add
`AccessTokenAuthentication` to the authentication classes and `HasScope` to the permission classes, and write
ON_BEHALF_OF["API"] (see `configuration.py`). The names below are public; everything else may change.
"""

from typing import TYPE_CHECKING

from on_behalf_of.primitives.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from on_behalf_of.drf.actor_permissions import ActedForBy, RequiresDelegation
    from on_behalf_of.drf.authentication import AccessTokenAuthentication
    from on_behalf_of.drf.caller import Caller, token_of
    from on_behalf_of.drf.configuration import ApiConfiguration
    from on_behalf_of.drf.errors import readable_errors
    from on_behalf_of.drf.middleware import AuditMiddleware
    from on_behalf_of.drf.openapi.mcp_tool import mcp_tool
    from on_behalf_of.drf.recorded_view import RecordedView
    from on_behalf_of.drf.scopes import HasScope

__all__ = [
    "AccessTokenAuthentication",
    "ActedForBy",
    "ApiConfiguration",
    "AuditMiddleware",
    "Caller",
    "HasScope",
    "RecordedView",
    "RequiresDelegation",
    "mcp_tool",
    "readable_errors",
    "token_of",
]
__getattr__ = lazy_exports(
    __name__,
    {
        "AccessTokenAuthentication": "authentication",
        "ActedForBy": "actor_permissions",
        "ApiConfiguration": "configuration",
        "AuditMiddleware": "middleware",
        "Caller": "caller",
        "HasScope": "scopes",
        "RecordedView": "recorded_view",
        "RequiresDelegation": "actor_permissions",
        "mcp_tool": "openapi.mcp_tool",
        "readable_errors": "errors",
        "token_of": "caller",
    },
)
