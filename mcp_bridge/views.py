"""The home page and the error responses around the MCP endpoint."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.mcp.endpoint_path import ENDPOINT


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    resource = bridge_configuration().resource
    context = {
        "resource": resource,
        "endpoint": resource.base_url + ENDPOINT,
        "metadata_url": resource.metadata_url,
        "tools": list(TOOLS),
        "default_scope": bridge_configuration().default_exchange_scope,
    }
    return render(request, "mcp_bridge/home.html", context)


def not_found(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return JsonResponse({"detail": f"There is no page at this address. The MCP endpoint is {ENDPOINT}."}, status=404)


def bad_request(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return JsonResponse(
        {"detail": "The request is malformed, or its Host is not one that this server answers."}, status=400
    )


def server_error(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"detail": "The server failed to handle the request; its log has the details."}, status=500)
