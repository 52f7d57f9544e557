"""Notes belong to the user on whose behalf a call is made, and other users cannot see them."""

import uuid
from typing import Any

import pytest
from model_bakery import baker
from rest_framework.test import APIClient

from downstream_api.models import Note
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import bearer

READ_WRITE = "read:private write:private"


@pytest.fixture
def alice(issuer: Issuer) -> dict[str, Any]:
    return bearer(issuer.delegated_token(scope=READ_WRITE))


@pytest.fixture
def bobs_note(issuer: Issuer) -> Note:
    return baker.make(Note, issuer=issuer.url, owner="auth0|bob", title="Bob's secret")


def test_a_note_is_created_for_the_user_not_for_the_actor(
    api: APIClient, issuer: Issuer, alice: dict[str, Any]
) -> None:
    answer = api.post("/api/notes/", {"title": "Milk", "body": "two"}, format="json", **alice)
    assert answer.status_code == 201
    note = Note.objects.get()
    assert (note.issuer, note.owner, note.title, note.body) == (issuer.url, "auth0|alice", "Milk", "two")
    assert answer.json()["id"] == str(note.id)


def test_the_owner_reads_changes_and_deletes_a_note(api: APIClient, alice: dict[str, Any]) -> None:
    url = f"/api/notes/{api.post('/api/notes/', {'title': 'A'}, format='json', **alice).json()['id']}/"
    assert api.get(url, **alice).json()["title"] == "A"
    assert api.patch(url, {"title": "B"}, format="json", **alice).json()["title"] == "B"
    assert api.put(url, {"title": "C", "body": "c"}, format="json", **alice).json()["body"] == "c"
    assert api.delete(url, **alice).status_code == 204
    assert api.get(url, **alice).status_code == 404


def test_a_list_holds_only_the_users_own_notes(api: APIClient, alice: dict[str, Any], bobs_note: Note) -> None:
    api.post("/api/notes/", {"title": "Mine"}, format="json", **alice)
    answer = api.get("/api/notes/", **alice).json()
    assert answer["count"] == 1
    assert [note["title"] for note in answer["results"]] == ["Mine"]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_users_note_looks_like_one_that_does_not_exist(
    api: APIClient, alice: dict[str, Any], bobs_note: Note, method: str
) -> None:
    def call(note_id: object) -> tuple[int, bytes]:
        answer = getattr(api, method)(f"/api/notes/{note_id}/", {"title": "x"}, format="json", **alice)
        return answer.status_code, answer.content

    assert call(bobs_note.id) == call(uuid.uuid4()) == call("no-such-id")
    assert call(bobs_note.id)[0] == 404
    bobs_note.refresh_from_db()
    assert bobs_note.title == "Bob's secret"


def test_the_same_subject_at_another_issuer_is_another_user(api: APIClient, alice: dict[str, Any]) -> None:
    baker.make(Note, issuer="https://other.example/", owner="auth0|alice")
    assert api.get("/api/notes/", **alice).json()["count"] == 0


def test_reading_does_not_include_writing(api: APIClient, issuer: Issuer) -> None:
    answer = api.post("/api/notes/", {"title": "x"}, format="json", **bearer(issuer.token(scope="read:private")))
    assert answer.status_code == 403
    assert answer.json()["scope"] == "write:private"
    assert not Note.objects.exists()


def test_writing_does_not_include_reading(api: APIClient, issuer: Issuer) -> None:
    token = issuer.token(scope="write:private")
    assert api.get("/api/notes/", **bearer(token)).status_code == 403


def test_a_request_cannot_choose_the_owner(api: APIClient, alice: dict[str, Any]) -> None:
    content = {"title": "x", "owner": "auth0|bob", "issuer": "https://other.example/", "id": str(uuid.uuid4())}
    api.post("/api/notes/", content, format="json", **alice)
    assert Note.objects.get().owner == "auth0|alice"


def test_a_long_list_comes_in_pages_newest_first(api: APIClient, issuer: Issuer, alice: dict[str, Any]) -> None:
    baker.make(Note, 25, issuer=issuer.url, owner="auth0|alice")
    first = api.get("/api/notes/", **alice).json()
    second = api.get("/api/notes/", {"page": 2}, **alice).json()
    assert (first["count"], len(first["results"]), len(second["results"])) == (25, 20, 5)
    times = [note["created_at"] for note in first["results"] + second["results"]]
    assert times == sorted(times, reverse=True)
    assert len({note["id"] for note in first["results"] + second["results"]}) == 25
    assert api.get("/api/notes/", {"page": 3}, **alice).status_code == 404


@pytest.mark.parametrize("name", ["page", "page_size"])
@pytest.mark.parametrize("value", ["1000001", "0", "-1", "x", "1e9", "", "1.0", "last", "\u0661", "9" * 5_000])
def test_an_invalid_page_is_a_bad_request_that_names_the_parameter(
    api: APIClient, alice: dict[str, Any], name: str, value: str
) -> None:
    answer = api.get("/api/notes/", {name: value}, **alice)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{name} must be one whole number from 1 to ")


def test_a_repeated_page_parameter_is_a_bad_request(api: APIClient, alice: dict[str, Any]) -> None:
    assert api.get("/api/notes/?page=1&page=2", **alice).status_code == 400


def test_no_page_holds_more_than_a_hundred_notes(api: APIClient, issuer: Issuer, alice: dict[str, Any]) -> None:
    baker.make(Note, 120, issuer=issuer.url, owner="auth0|alice")
    assert len(api.get("/api/notes/", {"page_size": 100}, **alice).json()["results"]) == 100
    assert api.get("/api/notes/", {"page_size": 101}, **alice).status_code == 400


@pytest.mark.parametrize("title", ["", " ", "\t\n", "\u00a0", "\u2003", "\ufeff", "\x1c", 5, True, None, ["a"], {}])
def test_a_title_must_contain_visible_text(api: APIClient, alice: dict[str, Any], title: object) -> None:
    answer = api.post("/api/notes/", {"title": title}, format="json", **alice)
    assert answer.status_code == 400
    assert list(answer.json()) == ["title"]


@pytest.mark.parametrize("text", [" Milk ", "\u00a0x", "x\n", "\U0001f95b", "x" * 200])
def test_a_note_is_stored_as_it_was_sent(api: APIClient, alice: dict[str, Any], text: str) -> None:
    url = f"/api/notes/{api.post('/api/notes/', {'title': text, 'body': text}, format='json', **alice).json()['id']}/"
    assert {name: api.get(url, **alice).json()[name] for name in ("title", "body")} == {"title": text, "body": text}
