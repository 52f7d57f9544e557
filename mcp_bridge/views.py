"""The few pages around the MCP endpoint."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from mcp_bridge.tools import TOOLS
from on_behalf_of.mcp.configuration import ENDPOINT

# Metadata is public, and browser clients read it from anywhere; they send MCP-Protocol-Version along, which makes
# browsers ask first.
OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = OPEN_TO_ALL | {
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "MCP-Protocol-Version, Content-Type",
    "Access-Control-Max-Age": "600",
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    resource = settings.MCP_BRIDGE.resource
    context = {
        "resource": resource,
        "endpoint": resource.base_url + ENDPOINT,
        "metadata_url": resource.metadata_url,
        "tools": list(TOOLS),
        "default_scope": settings.MCP_BRIDGE.default_exchange_scope,
    }
    return render(request, "mcp_bridge/home.html", context)


@require_http_methods(["GET", "HEAD", "OPTIONS"])
def protected_resource_metadata(request: HttpRequest) -> HttpResponse:
    """RFC 9728 §3."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    return JsonResponse(settings.MCP_BRIDGE.resource.metadata(), headers=OPEN_TO_ALL)


def not_found(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return JsonResponse({"detail": f"There is nothing at this address; the MCP endpoint is {ENDPOINT}."}, status=404)


def bad_request(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return JsonResponse({"detail": "The request is malformed, or names a host that is not served here."}, status=400)


def server_error(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"detail": "The server failed to handle the request; its log says more."}, status=500)
