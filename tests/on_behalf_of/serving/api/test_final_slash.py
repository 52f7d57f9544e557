"""A call with an extra or missing final slash is served and recorded under the right path."""

from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def _debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.DEBUG = request.param


@pytest.mark.usefixtures("_debug")
def test_both_spellings_of_a_url_behave_and_are_recorded_alike(api: APIClient, issuer: Issuer) -> None:
    headers: dict[str, Any] = bearer(issuer.token(scope="read:private write:private"))
    recorded = []
    for end in ("/", ""):
        made = api.post(f"/api/notes{end}", {"title": "Milk"}, format="json", **headers)
        assert made.status_code == 201, made.content
        number = made.json()["id"]
        one = f"/api/notes/{number}{end}"
        assert api.patch(one, {"title": "Bread"}, format="json", **headers).json()["title"] == "Bread"
        assert api.put(one, {"title": "Jam"}, format="json", **headers).json()["title"] == "Jam"
        assert api.get(f"/api/notes{end}?page_size=1", **headers).json()["results"][0]["title"] == "Jam"
        assert api.delete(one, **headers).status_code == 204
        assert not Note.objects.exists()
        rows = list(DelegatedAccess.objects.order_by("-pk")[:5].values("method", "path", "route", "status", "reason"))
        recorded.append([row | {"path": row["path"].replace(number, "ID")} for row in rows])
    assert recorded[0] == recorded[1]
    assert [row["route"] for row in recorded[1]] == [
        "/api/notes/<str:pk>/", "/api/notes/", *["/api/notes/<str:pk>/"] * 2, "/api/notes/",
    ]  # fmt: skip


@pytest.mark.usefixtures("_debug")
def test_a_url_with_two_extra_slashes_is_another_address(api: APIClient) -> None:
    for path in ("/api/notes//", "/api/private-scope//", "/api//notes"):
        answer = api.post(path, {"title": "Milk"}, format="json")
        assert (path, answer.status_code) == (path, 404)
        assert "Location" not in api.get(path).headers


def test_pages_of_a_list_link_to_the_canonical_address(api: APIClient, issuer: Issuer) -> None:
    headers: dict[str, Any] = bearer(issuer.token(scope="read:private write:private"))
    for _ in range(2):
        api.post("/api/notes", {"title": "Milk"}, format="json", **headers)
    assert api.get("/api/notes?page_size=1", **headers).json()["next"].endswith("/api/notes/?page=2&page_size=1")


def test_api_calls_are_served_over_http_while_pages_redirect(
    api: APIClient, issuer: Issuer, settings: Settings
) -> None:
    """TLS ends in front of the services, and the bridge calls from the internal network (config/api/settings.py)."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, [r"^api/"]
    headers: dict[str, Any] = bearer(issuer.token(scope="read:private write:private"))
    assert api.post("/api/notes", {"title": "Milk"}, format="json", **headers).status_code == 201
