from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from rest_framework.exceptions import ParseError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.schemas import DefaultSchema
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from on_behalf_of.drf.access_record import record_of
from on_behalf_of.drf.actor_permissions import ActorPermission
from on_behalf_of.drf.browsable.forms import take_method_of_form
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.scopes import scopes_needed
from on_behalf_of.primitives.nul import NAMED, nul_in_address


class _Later(SimpleLazyObject):  # type: ignore[type-arg] # Django's class takes none at run time
    def __getattr__(self, name: str) -> Any:
        if name == "mapping":  # routers look for it on every member of a view class; no schema has it
            raise AttributeError(name)
        return super().__getattr__(name)


def _default_schema() -> Any:
    schema: Any = api_settings.DEFAULT_SCHEMA_CLASS
    return schema()


class SchemaOnDemand(DefaultSchema):
    """DRF's schema, loaded only when it is used, although routers look at every member of each view class."""

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is not None:
            return super().__get__(instance, owner)
        return _Later(_default_schema)


def _judges_scopes(permission: Any) -> bool:
    return not isinstance(permission, ActorPermission)


class RecordedView(APIView):
    """A view whose changes commit together with the row that records them. Calls are authorized before a body is read.

    Other views are recorded as well, once a token is accepted. In addition, this class undoes what a failed call
    without a token changed, checks actor permissions before scopes, and accepts the browsable pages' forms.
    """

    schema = SchemaOnDemand()
    permission_classes: Sequence[Any]  # HasScope("...") may stand beside DRF's classes
    _permissions: tuple[Sequence[Any] | None, Sequence[Any]] = (None, ())  # the classes, and what was made of them

    def get_permissions(self) -> Sequence[Any]:
        classes, made = self._permissions
        if classes is not self.permission_classes:
            # Who may act is decided before scopes, so that no user is asked for consent that cannot help.
            made = sorted(super().get_permissions(), key=_judges_scopes)
            self._permissions = (self.permission_classes, made)
        return [*made]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        take_method_of_form(request)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        record = record_of(request)
        record.defers_work = True
        record.begin(api_configuration().database_time)
        record.scopes_required = scopes_needed(request)
        super().initial(request, *args, **kwargs)
        if where := nul_in_address(request._request):  # noqa: SLF001 - Django's own request
            raise ParseError(f"{where} contains {NAMED}, which is not allowed.")
        if is_change := request.method not in SAFE_METHODS:
            _ = request.data  # read the body first: a slow upload must not hold a transaction open
        record.begin_work(is_change=is_change)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        # The service's middleware does this for tokens in a header; only this API knows about sessions.
        if "HTTP_COOKIE" in request.META:
            answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer
