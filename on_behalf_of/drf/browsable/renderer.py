from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.template import loader
from django.urls import NoReverseMatch, reverse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from on_behalf_of.drf.access_record import record_of
from on_behalf_of.drf.browsable.account import Account, account_of, session_token_of
from on_behalf_of.drf.browsable.json_page import marked_up
from on_behalf_of.drf.browsable.local_path import way_back
from on_behalf_of.drf.browsable.page_forms import page_forms
from on_behalf_of.drf.browsable.refusal_page import explained
from on_behalf_of.drf.configuration import api_configuration

WITH_FORMS = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.BAD_REQUEST}  # statuses after which forms are useful
PAGES = ("previous", "next")  # members of a list's answer that name other pages of it


class PageRenderer(BaseRenderer):
    """Renders the answer as a page for people: request, response, what was refused and why, and what to do next.

    The page needs no script. Programs get it only if they prefer text/html.
    """

    media_type = "text/html"
    format = "api"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        context = renderer_context or {}
        request: Request = context["request"]
        response: Response = context["response"]
        page = loader.get_template("on_behalf_of/api.html").render(
            _page(data, context["view"], request, response),
            request=request._request,  # noqa: SLF001
        )
        response.headers["Cache-Control"] = "private, no-store"  # it shows who is logged in
        if response.status_code == HTTPStatus.NO_CONTENT:  # a 204 must not have content
            response.status_code = HTTPStatus.OK
        return page


def _page(data: Any, view: Any, request: Request, response: Response) -> dict[str, Any]:
    django_request: HttpRequest = request._request  # noqa: SLF001
    record = record_of(request)
    held = session_token_of(django_request) if record.token else None
    account = Account(record.token, held.withheld if held else ()) if record.token else None
    if account is None and not view.authentication_classes:  # no login needed, but the page shows who is logged in
        account = account_of(django_request)
    is_session = account is not None and "HTTP_AUTHORIZATION" not in request.META
    have, withheld = (account.scopes, account.withheld) if account else ([], ())
    text = JSONRenderer().render(data, renderer_context={"indent": 2}).decode() if data is not None else ""
    pages = _pages(data, django_request)
    # A form can only be sent with a session: not with a refused token, and not with an Authorization header.
    may_show_forms = is_session and request.auth and response.status_code in WITH_FORMS
    forms = page_forms(view, request, account.token, data) if account and may_show_forms else []
    return {
        "name": view.get_view_name(),
        "description": view.get_view_description(),
        "method": request.method,
        "path": request.get_full_path(),
        "here": way_back(django_request),
        "status": response.status_code,
        "status_text": response.status_text,
        "headers": {**response.headers, "Content-Type": "application/json", "X-Request-ID": record.request_id},
        "content": marked_up(text, {**_items(data, view), **dict(pages.values())}),
        "pages": {name: path for name, (_, path) in pages.items()},
        "account": account,
        "is_session": is_session,
        "scopes_needed": record.scopes_required,
        "refusal": explained(response.status_code, data, have=have, withheld=withheld),
        "forms": forms,
        "login": api_configuration().login,
        "debug": settings.DEBUG,
    }


def _pages(data: Any, request: HttpRequest) -> dict[str, tuple[str, str]]:
    """Return the other pages of a list: each address as the answer has it, and as a link within this site."""
    if not isinstance(data, dict):
        return {}
    here = request.build_absolute_uri("/")
    urls = {name: data.get(name) for name in PAGES}
    return {
        name: (url, f"{urlsplit(url).path}?{urlsplit(url).query}")
        for name, url in urls.items()
        if isinstance(url, str) and url.startswith(here)
    }


def _items(data: Any, view: Any) -> dict[str, str]:
    """Return the paths of a list's items, or of the one just created, by id."""
    items = data.get("results", [data]) if isinstance(data, dict) else data
    basename = getattr(view, "basename", None)
    if not basename or not isinstance(items, list):
        return {}
    found = {}
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            try:
                found[item["id"]] = reverse(f"{basename}-detail", args=[item["id"]])
            except NoReverseMatch:
                continue
    return found
