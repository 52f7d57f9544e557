"""A NUL is reported with its place, wherever a caller can put one."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer

NUL = "\0"
NOTE = "/api/notes/b5f3c1a2-0000-4000-8000-000000000000/"


@pytest.fixture
def writer(issuer: Issuer) -> dict[str, Any]:
    return bearer(issuer.token(scope="read:private write:private"))


@pytest.mark.parametrize("field", ["title", "body"])
@pytest.mark.parametrize("text", [NUL, f"a{NUL}b", f" {NUL}", NUL * 300])
def test_nul_in_a_field_is_the_only_error_reported(
    api: APIClient, writer: dict[str, Any], field: str, text: str
) -> None:
    answer = api.post("/api/notes/", {"title": "Milk"} | {field: text}, format="json", **writer)
    assert answer.status_code == 400
    assert answer.json() == {field: [f"{field} must not contain the character NUL (U+0000)."]}
    assert not Note.objects.exists()
    kept = api.post("/api/notes/", {"title": "Milk"}, format="json", **writer).json()["id"]
    for method in (api.put, api.patch):
        assert (
            method(f"/api/notes/{kept}/", {"title": "x"} | {field: text}, format="json", **writer).json()
            == answer.json()
        )


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("/api/notes/%00/", "The path"),
        ("/api/notes/a%00b", "The path"),
        ("/api/notes/?page=%00", "The query parameter page"),
        ("/api/notes/?page_size=1%00", "The query parameter page_size"),
        ("/api/notes/?other=%00", "The query parameter other"),
        ("/api/notes/?%00=1", "The name of a query parameter"),
        (f"{NOTE}?a=%00", "The query parameter a"),
        ("/api/private-scope?a=b&c=d%00", "The query parameter c"),
    ],
)
def test_nul_in_a_url_is_reported_and_recorded(
    api: APIClient, writer: dict[str, Any], address: str, where: str
) -> None:
    answer = api.get(address, **writer)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{where} contains the character NUL (U+0000)")
    row = DelegatedAccess.objects.get()
    assert (row.status, row.reason) == (400, "invalid_input")


def test_without_a_token_the_url_is_not_checked(api: APIClient) -> None:
    assert api.get("/api/notes/?page=%00").status_code == 401


def test_a_public_route_refuses_nul_too(api: APIClient) -> None:
    assert "The query parameter a contains" in api.get("/api/public?a=%00").json()["detail"]
