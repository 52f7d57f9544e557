from typing import Any

from django.test import Client
from oauth2_provider.models import RefreshToken

from local_tenant.models import Api, OfflineGrant, TenantUser
from tests.local_tenant.flow import ADMIN, API, BRIDGE, CLIENT_ID, Browser, error, token_request, verified

SCOPE = "openid offline_access tool:whoami tool:greet"


def refresh(token: str, **changes: str) -> Any:
    return token_request({"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT_ID, **changes})


def test_a_refresh_token_comes_only_with_offline_access(browser: Browser) -> None:
    """OpenID Connect Core §11."""
    assert "refresh_token" not in browser.tokens(scope="tool:whoami")
    assert "refresh_token" in browser.tokens(scope=SCOPE)


def test_an_api_can_forbid_offline_access(browser: Browser) -> None:
    Api.objects.filter(identifier=BRIDGE).update(allow_offline_access=False)
    token = browser.tokens(scope=SCOPE)
    assert "refresh_token" not in token
    assert "offline_access" not in token["scope"]


def test_a_refreshed_token_is_for_the_same_api_user_and_scopes(browser: Browser) -> None:
    """RFC 6749 §6."""
    token = browser.tokens(scope=SCOPE)
    body = refresh(token["refresh_token"]).json()
    claims = verified(body["access_token"], BRIDGE)
    assert claims["sub"] == "auth0|local-admin"
    assert claims["scope"] == SCOPE
    assert body["refresh_token"] != token["refresh_token"]
    assert verified(body["id_token"], CLIENT_ID)["sub"] == "auth0|local-admin"


def test_replaying_an_old_refresh_token_ends_the_whole_family(browser: Browser) -> None:
    """RFC 9700 §4.14.2."""
    old = browser.tokens(scope=SCOPE)["refresh_token"]
    new = refresh(old).json()["refresh_token"]
    assert error(refresh(old)) == (400, "invalid_grant")
    assert error(refresh(new)) == (400, "invalid_grant")


def test_a_narrower_access_token_does_not_narrow_the_grant(browser: Browser) -> None:
    """RFC 6749 §6: the new refresh token's scope is identical to the old one's."""
    token = refresh(browser.tokens(scope=SCOPE)["refresh_token"], scope="tool:whoami offline_access").json()
    assert token["scope"] == "tool:whoami offline_access"
    assert refresh(token["refresh_token"]).json()["scope"] == SCOPE


def test_a_refresh_never_gains_scopes(browser: Browser) -> None:
    token = browser.tokens(scope="offline_access tool:whoami")["refresh_token"]
    assert error(refresh(token, scope="tool:whoami tool:notes")) == (400, "invalid_scope")


def test_a_removed_role_takes_effect_at_the_next_refresh(browser: Browser) -> None:
    token = browser.tokens(scope=SCOPE)
    TenantUser.objects.get(email=ADMIN[0]).roles.clear()
    assert refresh(token["refresh_token"]).json()["scope"] == "openid offline_access"


def test_an_inactive_user_gets_no_new_token(browser: Browser) -> None:
    token = browser.tokens(scope=SCOPE)["refresh_token"]
    TenantUser.objects.filter(email=ADMIN[0]).update(is_active=False)
    assert error(refresh(token)) == (400, "invalid_grant")


def test_a_refresh_token_is_bound_to_its_client_and_api(browser: Browser) -> None:
    token = browser.tokens(scope=SCOPE)["refresh_token"]
    assert error(refresh(token, client_id="nobody")) == (401, "invalid_client")
    assert error(refresh(token, resource=API)) == (400, "invalid_target")
    assert error(refresh("unknown")) == (400, "invalid_grant")


def test_a_refresh_token_without_its_family_is_refused(browser: Browser) -> None:
    token = browser.tokens(scope=SCOPE)["refresh_token"]
    OfflineGrant.objects.all().delete()
    assert error(refresh(token)) == (400, "invalid_grant")


def test_two_grants_in_the_auth0_dialect_within_a_second_do_not_collide(browser: Browser) -> None:
    Api.objects.filter(identifier=BRIDGE).update(dialect=Api.Dialect.AUTH0)
    first, second = browser.tokens(scope=SCOPE), browser.tokens(scope=SCOPE)
    assert refresh(first["refresh_token"]).status_code == refresh(second["refresh_token"]).status_code == 200


def revoke(token: str, **changes: str) -> Any:
    parameters = {"token": token, "client_id": CLIENT_ID, **changes}
    return Client().post("/oauth/revoke", parameters, content_type="application/json")


def test_a_revoked_refresh_token_is_refused(browser: Browser) -> None:
    """RFC 7009 §2."""
    token = browser.tokens(scope=SCOPE)["refresh_token"]
    assert revoke(token).status_code == 200
    assert error(refresh(token)) == (400, "invalid_grant")


def test_revoking_an_unknown_token_succeeds(tenant: None) -> None:
    """RFC 7009 §2.2."""
    assert revoke("unknown").status_code == 200


def test_revocation_needs_a_client_and_a_token(browser: Browser) -> None:
    token = browser.tokens(scope=SCOPE)["refresh_token"]
    assert error(revoke(token, client_id="nobody")) == (401, "invalid_client")
    assert error(revoke("")) == (400, "invalid_request")
    assert RefreshToken.objects.get().revoked is None
