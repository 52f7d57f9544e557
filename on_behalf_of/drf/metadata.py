from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from on_behalf_of.drf.configuration import api_configuration


@require_safe
def protected_resource_metadata(_request: HttpRequest) -> JsonResponse:
    """Return the API's metadata (RFC 9728 §3), readable by browser clients of any origin."""
    return JsonResponse(api_configuration().resource.metadata(), headers={"Access-Control-Allow-Origin": "*"})
