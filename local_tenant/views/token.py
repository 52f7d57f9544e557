# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from oauth2_provider.views.mixins import OAuthLibMixin

from local_tenant.cross_origin import cross_origin
from local_tenant.oauth_errors import error_response
from local_tenant.oauth_parameters import MalformedRequest, Parameters, body_parameters
from local_tenant.provider_settings import GRANT_TYPES
from local_tenant.unexpected_errors import answering_server_error

PROTECTIONS: list[Any] = [csrf_exempt, cross_origin("POST"), answering_server_error, sensitive_variables()]

DESCRIPTIONS = {  # for errors that oauthlib does not describe
    "invalid_client": "The client is unknown, or its authentication failed.",
    "invalid_grant": "The code or refresh token is invalid, has expired, or does not match the request.",
    "invalid_scope": "The request asks for a scope that was not granted.",
    "unauthorized_client": "This client may not use this grant type.",
}


class ParametersView(OAuthLibMixin, View):
    """A view that takes a POST of OAuth parameters, and checks them before anything else reads them."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        try:
            parameters = body_parameters(request)
        except MalformedRequest as error:
            return error_response("invalid_request", error.description, status=error.status)
        request.oauth_parameters = parameters  # type: ignore[attr-defined]  # for ParametersBackend
        if "Authorization" in request.headers and "client_secret" in dict(parameters):
            return error_response("invalid_request", "Use only one method of client authentication.")  # RFC 6749 §2.3
        return self.answer(request, parameters)

    def answer(self, request: HttpRequest, parameters: Parameters) -> HttpResponse:
        raise NotImplementedError

    def http_method_not_allowed(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        response = error_response("invalid_request", f"{request.method} is not supported; use POST.", status=405)
        response["Allow"] = "POST, OPTIONS"
        return response

    @staticmethod
    def from_oauthlib(headers: dict[str, str], body: str, status: int) -> HttpResponse:
        """Return oauthlib's answer as a response. Errors get the headers of `error_response`."""
        if status < 400:  # noqa: PLR2004
            return HttpResponse(body, status=status, headers=headers)
        error = json.loads(body)
        description = error.get("error_description") or DESCRIPTIONS.get(error["error"], "The request was refused.")
        return error_response(error["error"], description, status=status)


@method_decorator(PROTECTIONS, name="dispatch")
class TokenView(ParametersView):
    """The token endpoint, RFC 6749 §3.2."""

    def answer(self, request: HttpRequest, parameters: Parameters) -> HttpResponse:
        grant_type = dict(parameters).get("grant_type")
        if grant_type is None:
            return error_response("invalid_request", "The parameter grant_type is missing.")
        if grant_type not in GRANT_TYPES:
            return error_response("unsupported_grant_type", "This tenant does not support the grant_type.")
        _, headers, body, status = self.create_token_response(request)
        return self.from_oauthlib(headers, body, status)


@method_decorator(PROTECTIONS, name="dispatch")
class RevokeView(ParametersView):
    """Token revocation, RFC 7009. It ends the grant. Access tokens are self-contained, so they stay valid."""

    def answer(self, request: HttpRequest, parameters: Parameters) -> HttpResponse:  # noqa: ARG002
        _, headers, body, status = self.create_revocation_response(request)
        return self.from_oauthlib(headers, body, status)
