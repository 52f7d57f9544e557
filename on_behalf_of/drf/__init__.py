"""Django REST framework as a protected resource: verify the token, enforce scopes and actors, record the call.

Install the apps `on_behalf_of.audit` and `on_behalf_of.drf`, put `AuditMiddleware` last in MIDDLEWARE, name
`AccessTokenAuthentication` among the authentication classes and `HasScope` among the permissions, and write
ON_BEHALF_OF["API"] (see `configuration.py`). The names below are public; everything else may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from on_behalf_of.drf.actor_permissions import ActedForBy, RequiresDelegation
    from on_behalf_of.drf.authentication import AccessTokenAuthentication
    from on_behalf_of.drf.caller import Caller, token_of
    from on_behalf_of.drf.configuration import ApiConfiguration
    from on_behalf_of.drf.errors import readable_errors
    from on_behalf_of.drf.middleware import AuditMiddleware
    from on_behalf_of.drf.recorded_view import RecordedView
    from on_behalf_of.drf.scopes import HasScope

_HOME = {
    "AccessTokenAuthentication": "authentication",
    "ActedForBy": "actor_permissions",
    "ApiConfiguration": "configuration",
    "AuditMiddleware": "middleware",
    "Caller": "caller",
    "HasScope": "scopes",
    "RecordedView": "recorded_view",
    "RequiresDelegation": "actor_permissions",
    "readable_errors": "errors",
    "token_of": "caller",
}
__all__ = [
    "AccessTokenAuthentication",
    "ActedForBy",
    "ApiConfiguration",
    "AuditMiddleware",
    "Caller",
    "HasScope",
    "RecordedView",
    "RequiresDelegation",
    "readable_errors",
    "token_of",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for: Django imports this package before DRF can be imported."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
