"""The API's responses as pages: their content, their links, and that content is never interpreted as markup."""

import re

import pytest
from rest_framework.test import APIClient

from downstream_api.models import Note
from on_behalf_of.drf.configuration import ApiConfiguration
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import Person
from tests.on_behalf_of.drf.conftest import bearer

HOSTILE = '"><script>alert(1)</script> http://testserver/logout \u2028 </pre>'


def fields_of(page: str, action: str) -> list[tuple[str, str]]:
    """Return the hidden fields of the first form with this target."""
    (form,) = re.findall(rf'<form method="post" action="{re.escape(action)}">(.*?)</form>', page, re.DOTALL)[:1]
    return re.findall(r'name="(next|scope|_method)" value="([^"]*)"', form)


def test_without_a_login_the_page_shows_where_to_log_in(person: Person) -> None:
    response = person.get("/api/notes/?page_size=2")
    page = response.content.decode()
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer ")
    assert 'href="/login?next=%2Fapi%2Fnotes%2F%3Fpage_size%3D2&amp;scope=read%3Aprivate"' in page
    assert "<form" not in page
    chosen = person.get("/login?next=/api/notes/&scope=write:private").content.decode()
    assert 'value="write:private" checked' in chosen
    assert 'value="read:private" checked' not in chosen


def test_a_public_endpoint_shows_who_is_logged_in(person: Person, issuer: Issuer) -> None:
    assert "You are not logged in" in person.get("/api/public").content.decode()
    person.log_in(issuer.token())
    page = person.get("/api/public").content.decode()
    assert "You are not logged in" not in page
    assert "Log out" in page
    assert "auth0|alice" in page


def test_a_missing_scope_can_be_requested_with_one_click(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private"))
    for response in (person.get("/api/notes/?page=1"), person.post("/api/notes/", {"title": "Milk"})):
        page = response.content.decode()
        assert "Ask for write:private" in page
        fields = fields_of(page, "/login")
        assert [value for name, value in fields if name == "scope"] == ["read:private", "write:private"]
        assert dict(fields)["next"] == response.wsgi_request.get_full_path()
    assert "insufficient_scope" in page
    asked = person.begin(*[value for name, value in fields if name == "scope"])
    assert asked["scope"] == "read:private write:private"
    person.come_back(person.allow(asked))
    assert person.post("/api/notes/", {"title": "Milk"}).status_code == 201


def test_a_form_is_shown_only_if_the_token_permits_it(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private"))
    assert 'name="title"' not in person.get("/api/notes/").content.decode()
    assert "Create" not in person.get("/api/private-scope").content.decode()


def test_lists_link_to_their_pages_and_items(person: Person, issuer: Issuer) -> None:
    for number in range(3):
        Note.objects.create(issuer=issuer.url, owner="auth0|alice", title=f"Note {number}")
    person.log_in()
    page = person.get("/api/notes/?page_size=1&page=2").content.decode()
    assert 'rel="prev" href="/api/notes/?page_size=1"' in page
    assert 'rel="next" href="/api/notes/?page=3&amp;page_size=1"' in page
    (item,) = re.findall(r'<a class="json-string" href="(/api/notes/[0-9a-f-]{36}/)">', page)
    assert person.get(item).status_code == 200


def test_users_content_is_escaped_on_every_page(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private write:private", sub='<img src="x">', client_id="<b>agent</b>",
                               act={"sub": "<b>agent</b>"}))  # fmt: skip
    created = person.post("/api/notes/", {"title": HOSTILE[:60], "body": HOSTILE})
    item = f"/api/notes/{Note.objects.get().pk}/"
    pages = [created, person.get(item), person.get("/api/notes/"), person.get("/login/token"), person.get("/logout"),
             person.get("/api/notes/?page=%22%3E%3Cscript%3E"), person.get(f"/login?next={HOSTILE}&scope={HOSTILE}"),
             person.post(item, {"_method": "PUT", "title": "", "body": HOSTILE})]  # fmt: skip
    for response in pages:
        page = response.content.decode()
        assert "<script" not in page
        assert "<img src=" not in page.replace('<img src="/static', "")
        assert "<b>agent" not in page
        assert 'href="http://testserver/logout' not in page
        assert "style=" not in page
        assert "'unsafe" not in response["Content-Security-Policy"]
        assert "nonce" not in response["Content-Security-Policy"]


def test_a_page_shows_the_request_and_the_responses_status_headers_and_body(person: Person) -> None:
    person.log_in()
    response = person.get("/api/notes/b5f3c1a2-0000-4000-8000-000000000000/")
    page = response.content.decode()
    assert response.status_code == 404
    for text in (
        "404 Not Found",
        "/api/notes/b5f3c1a2-",
        "Allow:",
        response["X-Request-ID"],
        "belongs to another user",
    ):
        assert text in page


@pytest.mark.parametrize("accept", ["application/json", "*/*", "", "application/json, text/html;q=0.9"])
def test_programs_get_json(api: APIClient, pages: ApiConfiguration, issuer: Issuer, accept: str) -> None:
    headers = {"Accept": accept} if accept else {}
    for answer in (
        api.get("/api/private-scope", headers=headers),
        api.get("/api/private-scope", **bearer(issuer.token()), headers=headers),
        api.post("/api/notes/", {"title": "Milk"}, format="json", **bearer(issuer.token()), headers=headers),
    ):
        assert answer["Content-Type"] == "application/json"


def test_a_bearers_page_has_no_forms(api: APIClient, pages: ApiConfiguration, issuer: Issuer) -> None:
    """A browser could not send the Authorization header again."""
    token = issuer.token(scope="read:private")
    for path in ("/api/notes/", "/api/public"):
        page = api.get(path, **bearer(token), headers={"Accept": "text/html"}).content.decode()
        assert "<form" not in page
    refused = api.delete("/api/notes/x/", **bearer(token), headers={"Accept": "text/html"}).content.decode()
    assert "insufficient_scope" in refused
    assert "<form" not in refused


def test_the_home_page_links_to_the_login(person: Person) -> None:
    assert 'href="/login"' in person.get("/").content.decode()


def test_an_outage_of_the_database_is_shown_on_a_page(person: Person, pages: ApiConfiguration) -> None:
    from django.db import OperationalError, connection

    def fails(_execute: object, sql: str, *_rest: object) -> object:
        raise OperationalError(sql)

    person.log_in()
    with connection.execute_wrapper(fails):
        response = person.get("/api/notes/")
    assert response.status_code == 503
    assert "The database does not answer" in response.content.decode()


def test_the_home_page_says_who_is_logged_in(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(sub="auth0|alice"))
    page = person.get("/").content.decode()
    assert "auth0|alice" in page
    assert "Log out" in page
    assert "and call the API from these pages" not in page
