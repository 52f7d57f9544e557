# mypy: allow-untyped-calls
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.core.management import call_command
from django.test import Client

from local_tenant.configuration import TenantConfiguration
from local_tenant.signing_keys import published_keys, signing_key
from tests.local_tenant.flow import API, BRIDGE, Browser, error, exchange, verified


def kids(http: Client) -> list[str]:
    return [key["kid"] for key in http.get("/.well-known/jwks.json").json()["keys"]]


def test_the_key_set_holds_public_rsa_keys_only(http: Client) -> None:
    """RFC 7517 §4, RFC 7518 §6.3: no private member is ever published."""
    response = http.get("/.well-known/jwks.json")
    assert response["Cache-Control"] == "no-cache"
    for key in response.json()["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
        assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")


def test_the_key_id_is_the_thumbprint(http: Client) -> None:
    """RFC 7638 §3."""
    from jwcrypto.jwk import JWK

    key = http.get("/.well-known/jwks.json").json()["keys"][0]
    assert JWK(**key).thumbprint() == key["kid"]


def test_after_a_rotation_new_tokens_use_the_new_key_and_old_ones_still_verify(browser: Browser, http: Client) -> None:
    old_token = browser.access_token()
    old = kids(http)
    call_command("tenant_rotate_key", stdout=StringIO())
    assert kids(http)[1:] == old
    new_token = browser.access_token()
    assert jwt.get_unverified_header(new_token)["kid"] == kids(http)[0] != old[0]
    assert verified(old_token, BRIDGE)["sub"] == verified(new_token, BRIDGE)["sub"]
    assert exchange(old_token).status_code == 200


def test_a_dropped_key_is_unpublished_at_once(
    browser: Browser, http: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    old_token = browser.access_token()
    old = kids(http)
    call_command("tenant_rotate_key", drop_previous=True)
    assert kids(http)[0] in capsys.readouterr().out
    assert not set(kids(http)) & set(old)
    assert error(exchange(old_token)) == (401, "invalid_grant")


def test_id_tokens_follow_the_rotation_too(browser: Browser, http: Client) -> None:
    call_command("tenant_rotate_key", stdout=StringIO())
    token = browser.tokens(scope="openid")["id_token"]
    assert jwt.get_unverified_header(token)["kid"] == kids(http)[0]


def test_key_files_are_readable_by_their_owner_only(tenant: TenantConfiguration) -> None:
    call_command("tenant_rotate_key", stdout=StringIO())
    files = list(tenant.signing_key_file.parent.glob("key*"))
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_first_process_to_make_a_key_wins(settings: Any, tmp_path: Path) -> None:
    settings.LOCAL_TENANT = TenantConfiguration(
        **{**vars(settings.LOCAL_TENANT), "signing_key_file": tmp_path / "k" / "x.pem"}
    )
    first = signing_key()
    assert signing_key() == first
    assert [key.kid for key in published_keys()] == [first.kid]
    assert "private" not in repr(first).replace("private_key", "")


def test_an_exchanged_token_verifies_with_the_published_keys(browser: Browser) -> None:
    assert verified(exchange(browser.access_token()).json()["access_token"], API)
