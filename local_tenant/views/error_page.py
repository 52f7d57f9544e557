from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def error_page(request: HttpRequest, error: str, description: str, status: int = 400) -> HttpResponse:
    """For a person in a browser whom no client can be told to take back."""
    return render(request, "local_tenant/error.html", {"error": error, "description": description}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    return error_page(
        request,
        "form_expired",
        "This page was open for too long, or somebody logged in or out in between. Please go back and try again.",
        status=403,
    )
