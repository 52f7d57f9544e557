from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def error_page(request: HttpRequest, error: str, description: str, status: int = 400) -> HttpResponse:
    """For a person in a browser whom no client can be told to take back."""
    return render(request, "local_tenant/error.html", {"error": error, "description": description}, status=status)
