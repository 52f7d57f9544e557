"""drf-spectacular's schema of each view, completed with this API's refusals, texts and examples."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, force_instance
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.fields import Field, empty

import on_behalf_of.drf.openapi.security  # noqa: F401 - registers itself
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.fields import Text
from on_behalf_of.drf.openapi.mcp_tool import said_of
from on_behalf_of.drf.openapi.operation import Operation

WRITES = frozenset({"POST", "PUT", "PATCH"})
DONE = {"200": "The requested content.", "201": "The created object.", "204": "Deleted."}
NO_NUL = r"^[^\u0000]*$"  # PostgreSQL cannot store it, so DRF's fields refuse it


class ApiSchema(AutoSchema):
    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        if said := said_of(self.view, self.method) or self._words.tool:
            operation["x-mcp"] = said
        _give_example(operation.get("requestBody", {}), self._words.request)
        for status, response in operation["responses"].items():
            response.setdefault("headers", {})["X-Request-ID"] = {"$ref": "#/components/headers/X-Request-ID"}
            response["description"] = DONE.get(status, response["description"])
            _give_example(response, self._words.answer)
        operation["responses"] |= {
            status: {"$ref": f"#/components/responses/{name}"} for status, name in self.problems(operation).items()
        }
        return operation

    def problems(self, operation: dict[str, Any]) -> dict[str, str]:
        """Return the component that describes each refusal or failure of the operation, by status."""
        is_protected, is_write = bool(self.view.get_authenticators()), self.method in WRITES
        parameters = {parameter["in"] for parameter in operation.get("parameters", ())}
        found = {
            "400": "InvalidBody" if is_write else "BadRequest" if is_protected or "query" in parameters else "",
            "401": "Unauthorized" if is_protected else "",
            "403": "Forbidden" if is_protected else "",
            "404": "NotFound" if parameters else "",  # a page beyond the last one too
            "406": "NotAcceptable",
            "408": "RequestTimeout" if is_write else "",
            "413": "ContentTooLarge" if is_write else "",
            "414": "URITooLong",
            "415": "UnsupportedMediaType" if is_write else "",
            "500": "UnexpectedError",
            "503": "ServiceUnavailable",
        }
        return {status: name for status, name in found.items() if name}

    def get_summary(self) -> str | None:
        return self._words.summary or None

    def get_description(self) -> str:  # type: ignore[override] # as drf-spectacular has it
        return self._words.description or str(super().get_description())

    def get_override_parameters(self) -> list[Any]:
        """Describe `id` as a UUID. Routes take any text, so that a malformed id is answered like an unknown one."""
        names_one = "{id}" in self.path
        return [OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)] if names_one else []

    def _map_serializer(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if direction == "response":  # a field with a default may be missing from a request, but never from an answer
            fields = force_instance(serializer).fields.values()  # type: ignore[no-untyped-call]
            filled_in = {field.field_name for field in fields if field.default is not empty}
            schema["required"] = sorted({*schema.get("required", ()), *filled_in})
        return schema

    def _insert_field_validators(self, field: "Field[Any, Any, Any, Any]", schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if isinstance(field, Text):
            schema.setdefault("pattern", NO_NUL)

    @property
    def _words(self) -> Operation:
        configuration = api_configuration()
        return configuration.operations.get(self.get_operation_id(), Operation(""))


def _give_example(holder: dict[str, Any], value: dict[str, Any] | None) -> None:
    """Add the example unchanged; drf-spectacular would build the example of a list from that of an item."""
    if value is not None:
        for media_type in holder.get("content", {}).values():
            media_type["examples"] = {"example": {"value": value}}
