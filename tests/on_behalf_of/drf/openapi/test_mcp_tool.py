"""`mcp_tool` writes x-mcp into the description, with this library's schema class and with drf-spectacular's own."""

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action, api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from on_behalf_of.drf import mcp_tool
from on_behalf_of.drf.openapi.auto_schema import ApiSchema
from on_behalf_of.drf.openapi.mcp_tool import OWN_SCHEMA

SCHEMAS: dict[str, tuple[str, Any]] = {
    "of this library": (OWN_SCHEMA, ApiSchema),
    "drf-spectacular's": ("drf_spectacular.openapi.AutoSchema", AutoSchema),
}


def described(kind: str) -> dict[str, Any]:
    """Return x-mcp by operation, of views that are declared with that schema class as the project's default."""
    name, schema_class = SCHEMAS[kind]
    with override_settings(REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_SCHEMA_CLASS": name}):

        @extend_schema_view(list=mcp_tool(name="my_orders"))
        class Orders(GenericViewSet[Any]):
            schema = schema_class()

            def list(self, request: Request) -> Response:
                return Response([])

            def create(self, request: Request) -> Response:
                return Response({})

            @mcp_tool(
                name="cancel_order", title="Cancel", description="Cancel it.", scopes=["orders"], destructive=False
            )
            @action(detail=True, methods=["post"])
            def cancel(self, request: Request, pk: str) -> Response:
                return Response({})

        @mcp_tool(arguments=[])
        @api_view(["GET"])
        def stock(request: Request) -> Response:
            return Response({})

        if kind == "of this library":  # drf-spectacular's own decorator has given the view its schema already
            stock.cls.schema = schema_class()
        router = SimpleRouter(use_regex_path=False)
        router.register("orders", Orders, basename="order")
        patterns = [*router.urls, path("stock", stock)]
        generator: Any = SchemaGenerator
        document: dict[str, Any] = generator(patterns=patterns).get_schema(public=True)
    operations = [each for item in document["paths"].values() for each in item.values()]
    return {each["operationId"]: each["x-mcp"] for each in operations if "x-mcp" in each}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_what_a_view_says_is_in_the_description(kind: str) -> None:
    assert described(kind) == {
        "orders_retrieve": {"name": "my_orders"},  # as drf-spectacular calls it without a serializer
        "orders_cancel_create": {
            "name": "cancel_order",
            "title": "Cancel",
            "description": "Cancel it.",
            "scopes": ["orders"],
            "destructive": False,
        },
        "stock_retrieve": {"arguments": []},
    }


@pytest.mark.parametrize(
    "given", [{"name": "CallOff"}, {"name": "c" * 46}, {"name": "a b"}, {"scopes": "x:y"}, {"arguments": "page"}]
)
def test_a_mistake_is_found_where_it_is_made(given: Any) -> None:
    with pytest.raises(ValueError, match="mcp_tool: "):
        mcp_tool(**given)


def test_the_decorator_loads_neither_the_sdk_nor_drf_spectacular() -> None:
    """The API says it in its views, which programs wait for."""
    program = (
        "import django, sys\n"
        "django.setup()\n"
        "from on_behalf_of.drf import mcp_tool\n"
        "mcp_tool(name='x')(lambda request: None)\n"
        "print({'mcp', 'drf_spectacular.openapi', 'jsonschema'} & set(sys.modules))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "config.api.settings", "ENV_FILE": "/dev/null"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
