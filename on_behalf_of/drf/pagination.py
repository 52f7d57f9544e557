import re
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

if TYPE_CHECKING:  # at run time, DRF imports its views only after the default classes, of which this is part
    from rest_framework.views import APIView

MAX_PAGE = 1_000_000
WHOLE_NUMBER = re.compile(r"[0-9]{1,7}", re.ASCII)


class Pages(PageNumberPagination):
    """Pages by number. An invalid page number or size is a bad request, and never silently replaced."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100
    last_page_strings = ()

    def get_page_number(self, request: Request, paginator: Any) -> int:  # noqa: ARG002 - DRF's signature
        return _whole(request, self.page_query_param, default=1, most=MAX_PAGE)

    def get_page_size(self, request: Request) -> int:
        return _whole(request, self.page_size_query_param, default=self.page_size, most=self.max_page_size)

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:  # noqa: ARG002
        return [
            _described(self.page_query_param, "The page's number, starting at 1.", default=1, most=MAX_PAGE),
            _described(
                self.page_size_query_param, "Number of items per page.", default=self.page_size, most=self.max_page_size
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "minimum": 0, "description": "Number of items on all pages."},
                "next": link | {"description": "The page after this one, if there is one."},
                "previous": link | {"description": "The page before this one, if there is one."},
                "results": schema,
            },
        }


def _whole(request: Request, name: str, *, default: int, most: int) -> int:
    values = request.query_params.getlist(name)
    if not values:
        return default
    if len(values) > 1 or not WHOLE_NUMBER.fullmatch(values[0]) or not 1 <= int(values[0]) <= most:
        raise ParseError(f"{name} must be one whole number from 1 to {most}.")
    return int(values[0])


def _described(name: str, description: str, *, default: int, most: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
