"""Promises 3 and 4: a change and its row are committed together, and if the change is undone, the row stays."""

import pytest
from rest_framework.response import Response

from downstream_api import views
from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.access_record import AccessRecord
from tests.issuer import Issuer
from tests.on_behalf_of.audit.calls import Call, is_refused
from tests.on_behalf_of.audit.databases import execute


def test_a_change_and_its_row_are_committed_together(read: Call, write: Call) -> None:
    assert write().status_code == 201
    assert (Note.objects.count(), DelegatedAccess.objects.get().status) == (1, 201)


def test_a_change_whose_row_cannot_be_written_is_undone(write: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = AccessRecord._fields
    with monkeypatch.context() as broken:
        broken.setattr(AccessRecord, "_fields", lambda *a: fields(*a) | {"request_id": None})
        assert is_refused(write())
    assert (Note.objects.count(), DelegatedAccess.objects.count()) == (0, 0)


def test_the_row_of_a_call_that_failed_survives_its_rollback(
    write: Call, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, request: object) -> Response:
        Note.objects.create(issuer=issuer.url, owner="auth0|alice", title="half-way")
        raise RuntimeError

    monkeypatch.setattr(views.NoteViewSet, "create", fail)
    assert write().status_code == 500
    assert (Note.objects.count(), DelegatedAccess.objects.get().status) == (0, 500)


def test_a_call_whose_transaction_the_database_aborted_is_still_recorded(
    write: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses everything after an error, until the end of the transaction or a savepoint."""

    def fail(self: object, request: object) -> Response:
        execute("SELECT no_such_column FROM downstream_api_note")
        raise AssertionError

    monkeypatch.setattr(views.NoteViewSet, "create", fail)
    answer = write()
    row = DelegatedAccess.objects.first()
    assert (answer.status_code, row.status if row else 503) in {(500, 500), (503, 503)}


def test_a_call_that_ends_without_an_answer_is_undone_and_blocks_no_others(
    write: Call, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on shutdown: Django produces no response, so there is nothing to record."""

    def end(self: object, request: object) -> Response:
        Note.objects.create(issuer=issuer.url, owner="auth0|alice", title="half-way")
        raise SystemExit

    with monkeypatch.context() as ending:
        ending.setattr(views.NoteViewSet, "create", end)
        with pytest.raises(SystemExit):
            write()
    assert (Note.objects.count(), DelegatedAccess.objects.count()) == (0, 0)
    assert write().status_code == 201
