from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def error_page(request: HttpRequest, error: str, description: str, status: int = 400, **more: Any) -> HttpResponse:
    """Render an error page for a user who cannot be sent back to a client.

    `more` may hold `remedy`, `client_id` and `advice`, as in RefusedHere.
    """
    context = {"error": error, "description": description, **more}
    return render(request, "local_tenant/error.html", context, status=status)
