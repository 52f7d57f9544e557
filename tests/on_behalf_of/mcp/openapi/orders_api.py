"""A small API's description, made by hand, for tests that change it."""

from typing import Any

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "item": {"type": "string", "maxLength": 80, "description": "What is ordered."},
        "quantity": {"type": "integer", "minimum": 1, "default": 1},
    },
    "required": ["id", "item"],
}
ONE = {"$ref": "#/components/schemas/Order"}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _json(schema: Any) -> Any:
    return {"content": {"application/json": {"schema": schema}}}


def _operation(name: str, scope: str, status: int = 200, *, answer: Any = ONE, body: Any = None) -> dict[str, Any]:
    operation = {
        "operationId": name,
        "security": [{"cookie": []}, {"login": [scope]}],
        "responses": {str(status): {"description": "", **({} if answer is None else _json(answer))}},
    }
    return operation | ({"requestBody": _json(body) | {"required": True}} if body else {})


def orders_api() -> dict[str, Any]:
    """Return the document, each time anew."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {
            "/api/orders/": {
                "get": _operation("orders_list", "orders:read", answer={"type": "array", "items": ONE}),
                "post": _operation("orders_create", "orders:write", 201, body=ONE),
            },
            "/api/orders/{id}/": {
                "parameters": [dict(ID)],
                "get": _operation("orders_retrieve", "orders:read"),
                "delete": _operation("orders_destroy", "orders:write", 204, answer=None),
            },
            "/api/orders/{id}/cancel/": {
                "parameters": [dict(ID)],
                "post": _operation("orders_cancel_create", "orders:write", answer=None),
            },
            "/api/orders/export/": {"get": _operation("orders_export_retrieve", "orders:read", answer=True)},
        },
        "components": {"schemas": {"Order": {**ORDER, "properties": {**ORDER["properties"]}}}},  # type: ignore[dict-item]
    }
