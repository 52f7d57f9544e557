"""The failure messages when the log is not what a test expected."""

from typing import Any

import pytest

from on_behalf_of.testing import Recording, assert_recorded, recording
from tests.on_behalf_of.audit.conftest import record

pytestmark = pytest.mark.django_db
PATH = "/api/private-scope"


def failure(of: Recording, **fields: Any) -> str:
    with pytest.raises(AssertionError) as failed:
        of.assert_recorded(**fields)
    return str(failed.value)


def test_the_matching_row_is_returned_among_others(obo_recording: Recording) -> None:
    rows = [record(1), record(2), record(3)]
    assert obo_recording.assert_recorded(subject="auth0|user-2", status=200) == rows[1]


def test_earlier_rows_are_ignored() -> None:
    record(1)
    began = Recording()
    began.assert_nothing_recorded()
    row = record(1)
    assert began.assert_recorded(subject="auth0|user-1") == row
    with pytest.raises(AssertionError, match="2 recorded calls have"):
        assert_recorded(subject="auth0|user-1")


def test_rows_from_after_the_context_are_ignored() -> None:
    with recording() as recorded:
        row = record(1)
    record(2)
    assert recorded.rows == [row]
    recorded.assert_nothing_recorded(subject="auth0|user-2")


def test_a_failure_shows_what_was_recorded_instead(obo_recording: Recording) -> None:
    record(1)
    record(2, status=403, decision="refused", reason="insufficient_scope")
    assert failure(obo_recording, subject="auth0|user-1", status=403).splitlines() == [
        "No recorded call has subject='auth0|user-1', status=403.",
        "Recorded since the test began:",
        f"  1. GET {PATH} 200 allowed actor='bridge', scopes=['read:private']",
        "     status is 200, not 403",
        f"  2. GET {PATH} 403 refused actor='bridge', scopes=['read:private'], reason='insufficient_scope'",
        "     subject is 'auth0|user-2', not 'auth0|user-1'",
    ]


def test_a_failure_says_how_often_it_was_recorded(obo_recording: Recording) -> None:
    record(1)
    record(1)
    assert failure(obo_recording, subject="auth0|user-1").startswith("2 recorded calls have subject='auth0|user-1'.\n")


def test_a_failure_without_rows_says_why_there_may_be_none(obo_recording: Recording) -> None:
    assert "Nothing was recorded. Only calls with an accepted access token" in failure(obo_recording, status=200)


def test_an_unexpected_row_is_shown(obo_recording: Recording) -> None:
    record(1)
    with pytest.raises(AssertionError, match="No call with status=200 should have been recorded") as failed:
        obo_recording.assert_nothing_recorded(status=200)
    assert f"1. GET {PATH} 200 allowed subject='auth0|user-1'" in str(failed.value)


def test_a_misspelled_field_is_named_with_the_right_one(obo_recording: Recording) -> None:
    for ask in (obo_recording.assert_recorded, obo_recording.assert_nothing_recorded):
        with pytest.raises(TypeError, match="no field 'subjet'; did you mean 'subject'"):
            ask(subjet="x")


def test_scopes_are_unordered_and_chains_are_ordered(obo_recording: Recording) -> None:
    record(1, scopes=["a", "b"], actor_chain=[{"sub": "second", "client_id": "c"}, {"sub": "first"}])
    obo_recording.assert_recorded(scopes={"b", "a"}, actor_chain=["second", "first"])
    obo_recording.assert_recorded(actor_chain=[{"sub": "second", "client_id": "c"}, {"sub": "first"}])
    obo_recording.assert_nothing_recorded(actor_chain=["first", "second"])
    obo_recording.assert_nothing_recorded(scopes=["a"])
