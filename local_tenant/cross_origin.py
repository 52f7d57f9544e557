from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase

View = Callable[..., HttpResponseBase]


def cross_origin(*methods: str) -> Callable[[View], View]:
    """Let pages of any origin call this endpoint (MCP Inspector runs in a browser), always without cookies.

    Authorization is named, because the wildcard for headers does not cover it (Fetch §4.10).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.method == "OPTIONS":
                response: HttpResponseBase = HttpResponse(status=204)
                response["Access-Control-Allow-Methods"] = ", ".join(methods)
                response["Access-Control-Allow-Headers"] = "*, Authorization"
                response["Access-Control-Max-Age"] = "600"
            else:
                response = view(request, *args, **kwargs)
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
            return response

        return answer

    return decorate
