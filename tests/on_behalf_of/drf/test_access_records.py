"""Every authenticated call leaves one row that says who asked, for whom, through whom, and what was decided."""

import logging
from collections.abc import Sequence

import pytest
from django.db import DatabaseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from downstream_api import views
from downstream_api.models import Note
from on_behalf_of.audit.models import Decision, DelegatedAccess
from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.drf.conftest import bearer

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_delegated_call_is_recorded_with_its_whole_chain(api: APIClient, issuer: Issuer) -> None:
    """RFC 8693 §4.1: only the outermost actor decides; the log keeps them all."""
    token = issuer.delegated_token(jti="token-1", org_id="org_acme", scope="read:private openid")
    answer = api.get("/api/private-scope?page=secret", REMOTE_ADDR="192.0.2.7", **bearer(token))
    row = DelegatedAccess.objects.get()
    assert (row.issuer, row.subject, row.client_id) == (issuer.url, "auth0|alice", BRIDGE_CLIENT)
    assert (row.actor, row.actor_chain) == (BRIDGE_CLIENT, [{"sub": BRIDGE_CLIENT}, {"sub": "inspector"}])
    assert (row.token_id, row.organization) == ("token-1", "org_acme")
    assert (row.scopes, row.scopes_required) == (["openid", "read:private"], ["read:private"])
    assert (row.method, row.path, row.route) == ("GET", "/api/private-scope", "/api/private-scope")
    assert (row.status, row.decision, row.reason) == (200, Decision.ALLOWED, "")
    assert row.source_address == "192.0.2.7"
    assert row.request_id == answer.headers["X-Request-ID"]


def test_an_undelegated_call_is_recorded_without_an_actor(api: APIClient, issuer: Issuer) -> None:
    api.get("/api/private-scope", **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert (row.actor, row.actor_chain) == ("", [])


def test_a_token_without_jti_is_recorded_by_its_digest(api: APIClient, issuer: Issuer) -> None:
    token = issuer.sign(issuer.auth0_claims(), typ="JWT")
    api.get("/api/private-scope", **bearer(token))
    row = DelegatedAccess.objects.values().get()
    assert row["token_id"].startswith("sha256:")
    assert all(part not in str(row) for part in token.split("."))


def test_a_refusal_is_recorded_with_its_reason(api: APIClient, issuer: Issuer) -> None:
    api.delete("/api/notes/1/", **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert (row.status, row.decision, row.reason) == (403, Decision.REFUSED, "insufficient_scope")
    assert row.scopes_required == ["write:private"]


@pytest.mark.parametrize(("status", "path", "reason"), [(404, "/api/notes/nothing/", "not_found")])
def test_a_call_that_found_nothing_is_recorded(
    api: APIClient, issuer: Issuer, status: int, path: str, reason: str
) -> None:
    api.get(path, **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert (row.status, row.decision, row.reason) == (status, Decision.ALLOWED, reason)


def test_invalid_input_is_recorded_and_changes_nothing(api: APIClient, issuer: Issuer) -> None:
    answer = api.post("/api/notes/", {"title": ""}, format="json", **bearer(issuer.token(scope="write:private")))
    row = DelegatedAccess.objects.get()
    assert (answer.status_code, row.status, row.reason) == (400, 400, "invalid_input")
    assert not Note.objects.exists()


def test_an_unexpected_error_is_recorded_and_reported_without_its_text(
    api: APIClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: views.NoteViewSet, request: Request) -> Response:
        Note.objects.create(issuer=issuer.url, owner="auth0|alice", title="half-way")
        raise RuntimeError("inner secret")

    monkeypatch.setattr(views.NoteViewSet, "create", fail)
    answer = api.post("/api/notes/", {"title": "x"}, format="json", **bearer(issuer.token(scope="write:private")))
    row = DelegatedAccess.objects.get()
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Something went wrong on our side.", "request_id": row.request_id}
    assert (row.decision, row.reason) == (Decision.FAILED, "unexpected_error")
    assert not Note.objects.exists()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_call_without_a_valid_token_leaves_no_row(api: APIClient, issuer: Issuer) -> None:
    api.get("/api/private-scope")
    api.get("/api/private-scope", **bearer(issuer.token(exp=1)))
    api.get("/api/public", **bearer(issuer.token()))
    assert not DelegatedAccess.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_call_that_cannot_be_recorded_is_not_carried_out(
    api: APIClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(DelegatedAccess._meta, "db_table", "no_such_table")
    token = issuer.token(scope="read:private write:private")
    reading = api.get("/api/private-scope", **bearer(token))
    writing = api.post("/api/notes/", {"title": "x"}, format="json", **bearer(token))
    assert [reading.status_code, writing.status_code] == [503, 503]
    assert b"alice" not in reading.content
    assert int(reading.headers["Retry-After"]) >= 1
    assert not Note.objects.exists()


def test_a_callers_trace_is_kept_and_marked_as_the_callers(api: APIClient, issuer: Issuer) -> None:
    """W3C Trace Context §3.2."""
    api.get("/api/private-scope", HTTP_TRACEPARENT=f"00-{TRACE_ID}-00f067aa0ba902b7-01", **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert (row.trace_id, row.trace_from_caller) == (TRACE_ID, True)


@pytest.mark.parametrize("header", ["", "junk", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{TRACE_ID.upper()}-1-01"])
def test_a_malformed_trace_is_replaced_by_a_new_one(api: APIClient, issuer: Issuer, header: str) -> None:
    api.get("/api/private-scope", HTTP_TRACEPARENT=header, **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert (len(row.trace_id), row.trace_from_caller) == (32, False)


def test_a_hostile_path_is_stored_bounded_and_without_control_characters(api: APIClient, issuer: Issuer) -> None:
    path = "/api/notes/%00%0a%1b" + "%E2%80%AE" + "x" * 3000 + "/"
    api.get(path, **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert len(row.path) <= 512
    assert row.path.isprintable() or "\u202e" in row.path
    assert not any(ord(character) < 32 for character in row.path)


def test_rows_are_added_and_never_changed(api: APIClient, issuer: Issuer) -> None:
    api.get("/api/private-scope", **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    for change in (row.save, row.delete, DelegatedAccess.objects.all().delete):
        with pytest.raises(TypeError):
            change()
    with pytest.raises(TypeError):
        DelegatedAccess.objects.update(subject="somebody else")


def test_every_view_of_the_api_records_its_calls() -> None:
    """A view that forgot to build on RecordedView would change data without its row."""
    from django.urls import get_resolver

    from on_behalf_of.drf.recorded_view import RecordedView

    def classes(patterns: Sequence[object]) -> list[type]:
        found = []
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                found += classes(pattern.url_patterns)
            else:
                view = pattern.callback  # type: ignore[attr-defined]
                found += [cls for cls in (getattr(view, "cls", None), getattr(view, "view_class", None)) if cls]
        return found

    api_views = classes(get_resolver("downstream_api.urls").url_patterns)
    assert len(api_views) >= 4
    assert [cls for cls in api_views if not issubclass(cls, RecordedView)] == []


def test_database_errors_share_one_type() -> None:
    """What the middleware answers with 503 covers everything a database driver raises."""
    from django.db import IntegrityError, OperationalError

    assert issubclass(OperationalError, DatabaseError)
    assert issubclass(IntegrityError, DatabaseError)
