"""Forms on the pages do what programs do with JSON, and do not affect programs."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from rest_framework.test import APIClient

from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.configuration import ApiConfiguration
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import FORM, Person
from tests.on_behalf_of.drf.conftest import bearer

NAMES = st.sampled_from(["title", "body", "_json", "_method", "id"]) | st.text(st.characters(codec="utf-8"), max_size=9)
BOTH = "read:private write:private"


@pytest.fixture
def writer(person: Person, issuer: Issuer) -> Person:
    person.log_in(issuer.token(scope=BOTH))
    return person


def test_a_form_becomes_a_note(writer: Person) -> None:
    page = writer.post("/api/notes/", {"title": "Milk & <b>honey</b>", "body": "one\r\ntwo"})
    assert page.status_code == 201
    note = Note.objects.get()
    assert (note.title, note.body, note.owner) == ("Milk & <b>honey</b>", "one\ntwo", "auth0|alice")
    assert f'href="/api/notes/{note.pk}/"' in page.content.decode()
    assert "<b>honey" not in page.content.decode()


def test_a_body_may_be_written_as_json(writer: Person) -> None:
    assert writer.post("/api/notes/", {"_json": json.dumps({"title": "Milk", "body": "€"})}).status_code == 201
    assert Note.objects.get().body == "€"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"title": "a", "title": "b"}', '{"title": NaN}', '{"title": "\\ud800"}']
)
def test_malformed_json_in_a_form_is_refused(writer: Person, text: str) -> None:
    page = writer.post("/api/notes/", {"_json": text})
    assert page.status_code == 400
    assert "The text is" in page.content.decode()
    assert not Note.objects.exists()


def test_a_repeated_field_is_refused(writer: Person) -> None:
    assert writer.post("/api/notes/", [("title", "a"), ("title", "b")]).status_code == 400
    assert not Note.objects.exists()


def test_a_mistake_is_shown_at_its_field_with_the_input(writer: Person) -> None:
    page = writer.post("/api/notes/", {"title": "", "body": "<i>kept</i>"})
    content = page.content.decode()
    assert page.status_code == 400
    assert 'aria-invalid="true" aria-describedby="post-title-error"' in content
    assert "&lt;i&gt;kept&lt;/i&gt;" in content


def test_an_item_is_changed_and_deleted_by_forms_and_the_log_names_the_methods(writer: Person) -> None:
    writer.post("/api/notes/", {"title": "Milk"})
    path = f"/api/notes/{Note.objects.get().pk}/"
    assert 'name="_method" value="DELETE"' in writer.get(path).content.decode()
    assert writer.post(path, {"_method": "PUT", "title": "Honey"}).status_code == 200
    assert Note.objects.get().title == "Honey"
    gone = writer.post(path, {"_method": "DELETE"})
    assert gone.status_code == 200  # a page says so: a 204 would leave the browser where it is
    assert "204 No Content" in gone.content.decode()
    assert not Note.objects.exists()
    methods = (
        DelegatedAccess.objects.filter(route__startswith="/api/notes/<").order_by("pk").values_list("method", "status")
    )
    assert list(methods)[1:] == [("PUT", 200), ("DELETE", 200)]


@pytest.mark.parametrize("method", ["GET", "TRACE", "PROPFIND", "delete", ""])
def test_no_other_method_can_be_named(writer: Person, method: str) -> None:
    page = writer.post("/api/notes/", {"_method": method, "title": "Milk"})
    assert page.status_code == 201
    assert DelegatedAccess.objects.order_by("pk").last().method == "POST"  # type: ignore[union-attr]


def test_a_form_method_needs_the_usual_scope(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private"))
    Note.objects.create(issuer=issuer.url, owner="auth0|alice", title="Milk")
    refused = person.post(f"/api/notes/{Note.objects.get().pk}/", {"_method": "DELETE"})
    assert refused.status_code == 403
    assert Note.objects.exists()


def test_a_method_in_a_form_from_another_site_is_refused(writer: Person) -> None:
    writer.post("/api/notes/", {"title": "Milk"})
    path = f"/api/notes/{Note.objects.get().pk}/"
    refused = writer.client.post(path, "_method=DELETE", content_type=FORM)
    assert refused.status_code == 403
    assert Note.objects.exists()


def test_programs_may_send_only_json(api: APIClient, pages: ApiConfiguration, issuer: Issuer) -> None:
    token = issuer.token(scope=BOTH)
    for content_type in (FORM, "multipart/form-data; boundary=x", "text/plain"):
        answer = api.generic("POST", "/api/notes/", "title=Milk", content_type, **bearer(token))
        assert answer.status_code == 415
    note = Note.objects.create(issuer=issuer.url, owner="auth0|alice", title="Milk")
    api.generic("POST", f"/api/notes/{note.pk}/", "_method=DELETE", FORM, **bearer(token))
    assert Note.objects.exists()


def test_a_bearer_request_with_a_session_cookie_is_still_a_program(writer: Person, issuer: Issuer) -> None:
    headers = {"Authorization": f"Bearer {issuer.token(scope=BOTH)}"}
    assert writer.post("/api/notes/", {"title": "Milk"}, headers=headers).status_code == 415


def test_a_file_upload_is_refused(writer: Person) -> None:
    answer = writer.client.post("/api/notes/", {"title": "Milk", "csrfmiddlewaretoken": writer.csrf_token()})
    assert answer.status_code == 415


def test_a_body_that_is_too_large_is_refused(writer: Person) -> None:
    assert writer.post("/api/notes/", {"title": "x" * 1_100_000}).status_code == 413
    assert writer.post("/api/notes/", [(f"f{number}", "") for number in range(1_100)]).status_code == 400


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.lists(st.tuples(st.text(max_size=10), st.text(max_size=20)), max_size=5))
def test_any_form_gets_an_answer(writer: Person, fields: list[tuple[str, str]]) -> None:
    storable = [
        (name, value) for name, value in fields if (name + value).encode(errors="ignore").decode() == name + value
    ]
    assert writer.post("/api/notes/", storable).status_code in {201, 400}
