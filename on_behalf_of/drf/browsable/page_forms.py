"""The forms on a page of the API: one for each method that its view accepts and the token allows."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from on_behalf_of.drf.actor_permissions import ActorPermission
from on_behalf_of.drf.scopes import HasScope
from on_behalf_of.resource_server.access_token import AccessToken

TITLES = {"POST": "Create", "PUT": "Change", "DELETE": "Delete"}
SHORT = 255  # characters; longer texts get several lines


@dataclass(frozen=True)
class FormField:
    name: str
    label: str
    kind: str  # text, textarea, checkbox or number
    value: Any
    required: bool
    max_length: int | None
    errors: tuple[str, ...]


@dataclass(frozen=True)
class PageForm:
    method: str
    title: str
    fields: tuple[FormField, ...] = ()
    json: str = ""  # the fields as JSON, to edit as a whole
    missing: tuple[str, ...] = ()  # missing scopes; instead of a form, the page offers to ask for them

    @property
    def has_errors(self) -> bool:
        return any(field.errors for field in self.fields)


def page_forms(view: Any, request: Request, token: AccessToken, data: Any) -> list[PageForm]:
    """Return the forms for what the page shows: to change or delete an item, to add one to a list."""
    forms = (_form(view, request, token, data, method) for method in TITLES if method in view.allowed_methods)
    return [form for form in forms if form]


def _form(view: Any, request: Request, token: AccessToken, data: Any, method: str) -> PageForm | None:
    permissions = view.get_permissions()
    if any(isinstance(each, ActorPermission) and each.refusal(token) for each in permissions):
        return None
    needed = {scope for each in permissions if isinstance(each, HasScope) for scope in each.needed_for(method)}
    if missing := needed - token.scopes:
        return PageForm(method, TITLES[method], missing=tuple(sorted(missing)))
    if method == "DELETE":
        return PageForm(method, TITLES[method])
    serializer = _serializer(view, request, data, method)
    if serializer is None:
        return None
    fields = tuple(_field(bound) for bound in serializer if not bound.read_only)
    raw = JSONRenderer().render({each.name: each.value for each in fields}, renderer_context={"indent": 2})
    return PageForm(method, TITLES[method], fields, raw.decode())


def _serializer(view: Any, request: Request, data: Any, method: str) -> serializers.Serializer[Any] | None:
    """Return the serializer that holds refused input, else the object to change, else nothing."""
    shown = getattr(data, "serializer", None)
    if isinstance(shown, serializers.ListSerializer):
        shown = None
    if shown is not None and hasattr(shown, "initial_data") and request.method == method and shown.errors:
        return shown  # type: ignore[no-any-return]
    if not hasattr(view, "get_serializer"):
        return None
    instance = getattr(shown, "instance", None)
    if method == "PUT":
        return view.get_serializer(instance) if instance is not None else None
    return view.get_serializer()  # type: ignore[no-any-return]


def _field(bound: Any) -> FormField:
    field = bound._field  # noqa: SLF001 - the wrapped field, as in DRF's templates
    limit = getattr(field, "max_length", None)
    return FormField(
        name=bound.name,
        label=field.label or bound.name,
        kind=_kind(field, limit),
        value="" if bound.value is None else bound.value,
        required=field.required and not getattr(field, "allow_blank", False),
        max_length=limit,
        errors=tuple(str(error) for error in bound.errors or ()),
    )


def _kind(field: serializers.Field[Any, Any, Any, Any], limit: int | None) -> str:
    if isinstance(field, serializers.BooleanField):
        return "checkbox"
    if isinstance(field, serializers.IntegerField | serializers.FloatField):
        return "number"
    return "textarea" if isinstance(field, serializers.CharField) and not (limit and limit <= SHORT) else "text"
