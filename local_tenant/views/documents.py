"""The documents that clients read before a login, and the endpoint where they register."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from local_tenant import discovery, signing_keys
from local_tenant.client_registration import RegistrationRefused, register_client
from local_tenant.cross_origin import cross_origin
from local_tenant.oauth_errors import error_response
from local_tenant.oauth_parameters import MalformedRequest, json_body
from local_tenant.unexpected_errors import answering_server_error


@cross_origin("GET")
@answering_server_error
@require_safe
def server_metadata(_request: HttpRequest) -> HttpResponse:
    return JsonResponse(discovery.server_metadata())


@cross_origin("GET")
@answering_server_error
@require_safe
def openid_configuration(_request: HttpRequest) -> HttpResponse:
    return JsonResponse(discovery.openid_configuration())


@cross_origin("GET")
@answering_server_error
@require_safe
def jwks(_request: HttpRequest) -> HttpResponse:
    """Serve the JWK Set. It is never cached, so that a rotation shows at once."""
    return JsonResponse(signing_keys.jwks(), headers={"Cache-Control": "no-cache"})


@csrf_exempt
@cross_origin("POST")
@answering_server_error
def register(request: HttpRequest) -> HttpResponse:
    """Serve the registration endpoint (RFC 7591 §3). It is open to everyone, because MCP clients need that."""
    if request.method != "POST":
        response = error_response("invalid_request", f"{request.method} is not supported; use POST.", status=405)
        response["Allow"] = "POST, OPTIONS"
        return response
    try:
        answer = register_client(json_body(request))
    except MalformedRequest as error:
        return error_response("invalid_client_metadata", error.description, status=error.status)
    except RegistrationRefused as error:
        return error_response(error.error, str(error))
    return JsonResponse(answer, status=201, headers={"Cache-Control": "no-store"})
