"""Promise 9: the content of a row is bounded and printable, whatever the caller sends."""

import pytest
from rest_framework.test import APIClient

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.audit.seal_keys import public_keys
from on_behalf_of.audit.verification import verify
from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.audit.conftest import seal_everything
from tests.on_behalf_of.drf.conftest import bearer

HOSTILE = [
    "<script>alert(1)</script>",
    "\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "x" * 255,
    "' OR 1=1 --",
    "名前",
    "\\u0000",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_recorded_as_they_are_and_verify(
    api: APIClient, issuer: Issuer, log: AuditConfiguration, name: str
) -> None:
    token = issuer.delegated_token(sub=name, act={"sub": name, "client_id": BRIDGE_CLIENT, "act": {"sub": "inspector"}})
    assert api.get("/api/private-scope", **bearer(token)).status_code == 200
    row = DelegatedAccess.objects.get()
    assert (row.subject, row.actor) == (name, name)
    seal_everything(log)
    assert verify(public_keys(log.public_keys_file)).rows == 1


@pytest.mark.parametrize("name", ["x" * 3_000, "a\nb", "a\x00b", "\x1b[31m", "a\u2028b", ""])
def test_a_token_with_unreadable_names_is_refused(api: APIClient, issuer: Issuer, name: str) -> None:
    assert api.get("/api/private-scope", **bearer(issuer.token(sub=name))).status_code == 401
    assert not DelegatedAccess.objects.exists()


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "fe80::1%eth0", "unix:", "", "<b>"])
def test_only_a_valid_address_is_recorded(api: APIClient, issuer: Issuer, address: str) -> None:
    assert api.get("/api/private-scope", REMOTE_ADDR=address, **bearer(issuer.token())).status_code == 200
    expected = {"fe80::1%eth0": "fe80::1", "unix:": None, "": None, "<b>": None}
    assert DelegatedAccess.objects.get().source_address == expected.get(address, address)


def test_a_very_long_path_is_cut_and_its_query_is_never_recorded(api: APIClient, issuer: Issuer) -> None:
    api.get("/api/notes/" + "%00%0a%1b" + "x" * 3_000 + "/?secret=1", **bearer(issuer.token()))
    row = DelegatedAccess.objects.get()
    assert len(row.path) <= 512
    assert "secret" not in row.path
    assert not any(ord(character) < 32 for character in row.path)
