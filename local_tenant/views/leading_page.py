from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render


def leading_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """Render a page whose form leads to a client, without the CSP directive form-action (docs/decisions/0006).

    Chromium checks that directive on every redirect after a form, and a client's callback may redirect to further
    places that only the client knows.
    """

    @csp_replace({"form-action": None})
    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, template, context, status=status)

    return page(request)
