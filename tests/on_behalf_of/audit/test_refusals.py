"""Promise 5: refusals are recorded as rows; bad tokens are only counted, so that they cannot fill the disk."""

import os

import pytest
from django.db import DatabaseError
from rest_framework.test import APIClient

from on_behalf_of.audit.models import DelegatedAccess, RefusedTokens
from on_behalf_of.audit.refused_tokens import RefusedTokenCounter, refused_tokens
from tests.issuer import Issuer

BAD_TOKENS = 10_000 if os.environ.get("LONG_TESTS") == "1" else 1_000


def test_refusals_are_recorded(api: APIClient, issuer: Issuer) -> None:
    token = issuer.token(scope="openid")
    assert api.get("/api/private-scope", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 403
    row = DelegatedAccess.objects.get()
    assert (row.decision, row.reason, row.digest != "") == ("refused", "insufficient_scope", True)


def test_bad_tokens_are_counted_and_leave_a_bounded_number_of_rows(api: APIClient, issuer: Issuer) -> None:
    refused_tokens.cache_clear()
    good = issuer.token()
    for number in range(BAD_TOKENS):
        token = f"{good[:-8]}{number:08}" if number % 2 else f"junk-{number}"
        assert api.get("/api/private-scope", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
        if number % 100 == 0:
            refused_tokens().flush()
    api.get("/api/private-scope")
    refused_tokens().flush()
    rows = list(RefusedTokens.objects.all())
    assert sum(row.count for row in rows) == BAD_TOKENS + 1
    assert len(rows) + DelegatedAccess.objects.count() < 50
    assert {row.route for row in rows} == {"/api/private-scope"}
    assert "no_token" in {row.reason for row in rows}


def test_counting_uses_bounded_memory_and_survives_an_outage(sqlite: object, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = RefusedTokenCounter()
    for number in range(2_000):
        counter.add(f"/route/{number}", "signature")
    with monkeypatch.context() as broken:
        broken.setattr(RefusedTokens._meta, "db_table", "no_such_table")
        with pytest.raises(DatabaseError):
            counter.flush()
    counter.flush()
    counter.flush()
    assert RefusedTokens.objects.count() <= 502
    assert sum(RefusedTokens.objects.values_list("count", flat=True)) == 2_000
