"""Filters by query parameters: all lookups of many fields, and names that are not identifiers."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

OF_TEXTS = ("", "__iexact", "__contains", "__icontains", "__startswith")
OF_AMOUNTS = ("", "__gt", "__gte", "__lt", "__lte")
TEXTS = ("title", "isbn", "contact", "website", "publisher__name", "category__name")
TEXT, TIME = {"type": "string"}, {"type": "string", "format": "date-time"}
AMOUNTS = {
    "edition": {"type": "integer"},
    "price": {"type": "number"},
    "published": {"type": "string", "format": "date"},
    "added": TIME,
}


def filtered(queryset: QuerySet[Any], lookups: dict[str, Any]) -> QuerySet[Any]:
    """Return the rows that match. Raises DRF's ValidationError for a value of another type than its field's."""
    try:
        return queryset.filter(**lookups)
    except (ValueError, InvalidValue) as error:
        raise ValidationError("A parameter's value is not of its type.") from error


class ParameterFilter(BaseFilterBackend):
    """Filters by those of its parameters that the request has."""

    parameters: ClassVar[dict[str, tuple[str, dict[str, str]]]]  # name -> the model's lookup, and the value's schema

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        given = {
            lookup: request.query_params[name]
            for name, (lookup, _) in self.parameters.items()
            if name in request.query_params
        }
        return filtered(queryset, given)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, (_, schema) in self.parameters.items()
        ]


class BookFilter(ParameterFilter):
    parameters: ClassVar = {
        **{name + each: (name + each, TEXT) for name in TEXTS for each in OF_TEXTS},
        **{name + each: (name + each, schema) for name, schema in AMOUNTS.items() for each in OF_AMOUNTS},
    }


class ReviewFilter(ParameterFilter):
    parameters: ClassVar = {"title[contains]": ("title__contains", TEXT), "created-after": ("created__gt", TIME)}
