from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render


def leading_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, form_action: list[str], status: int = 200
) -> HttpResponseBase:
    """A page with a form that may end at another origin: browsers hold redirects after a form to form-action, too."""

    @csp_update({"form-action": form_action})
    def page(request: HttpRequest) -> HttpResponseBase:
        return render(request, template, context, status=status)

    return page(request)
