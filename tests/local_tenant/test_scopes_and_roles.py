from model_bakery import baker

from local_tenant.models import Api, ClientGrant, Role, TenantUser
from tests.local_tenant.flow import ADMIN, API, BRIDGE, USER, Browser, hidden, redeem, verified


def test_a_user_gets_only_what_the_roles_permit(browser: Browser) -> None:
    claims = verified(browser.access_token(USER, scope="tool:whoami tool:greet tool:notes"), BRIDGE)
    assert claims["scope"] == "tool:whoami"
    assert claims["permissions"] == ["tool:whoami"]


def test_unknown_scopes_are_dropped(browser: Browser) -> None:
    """MCP clients request every scope in the metadata, so an unknown one is not invalid_scope."""
    token = browser.tokens(scope="tool:whoami delete:everything read:private")
    assert token["scope"] == "tool:whoami"


def test_without_a_scope_parameter_all_permitted_scopes_are_granted(browser: Browser) -> None:
    """RFC 6749 §3.3: the server chooses a default, and says it."""
    assert browser.tokens(scope=None)["scope"] == "tool:greet tool:notes tool:whoami"


def test_openid_scopes_alone_grant_no_scope_of_the_api(browser: Browser) -> None:
    assert browser.tokens(scope="openid profile")["scope"] == "openid profile"


def test_a_user_without_permissions_gets_an_empty_scope(browser: Browser) -> None:
    TenantUser.objects.get(email=USER[0]).roles.clear()
    token = browser.tokens(USER)
    assert token["scope"] == ""
    assert verified(token["access_token"], BRIDGE)["permissions"] == []


def test_the_client_grant_limits_the_scopes(browser: Browser) -> None:
    grant = ClientGrant.objects.get(application__client_id="local-manual-client", api__identifier=BRIDGE)
    grant.permissions.set(grant.permissions.filter(value="tool:greet"))
    claims = verified(browser.access_token(ADMIN, scope="tool:whoami tool:greet"), BRIDGE)
    assert claims["scope"] == "tool:greet"
    assert claims["permissions"] == ["tool:greet", "tool:notes", "tool:whoami"]


def test_several_roles_add_up(browser: Browser) -> None:
    extra = baker.make(Role, name="Greeter")
    extra.permissions.add(Api.objects.get(identifier=BRIDGE).permissions.get(value="tool:greet"))
    TenantUser.objects.get(email=USER[0]).roles.add(extra)
    assert browser.tokens(USER)["scope"] == "tool:whoami tool:greet"


def test_a_role_removed_between_consent_and_token_takes_effect(browser: Browser) -> None:
    code = browser.code(ADMIN)
    TenantUser.objects.get(email=ADMIN[0]).roles.clear()
    assert redeem(code).json()["scope"] == ""


def test_without_rbac_roles_are_ignored(browser: Browser) -> None:
    Api.objects.filter(identifier=BRIDGE).update(enforce_rbac=False)
    claims = verified(browser.access_token(USER), BRIDGE)
    assert claims["scope"] == "tool:whoami tool:greet"
    assert "permissions" not in claims


def test_permissions_of_one_api_do_not_count_at_another(browser: Browser) -> None:
    claims = verified(browser.access_token(ADMIN, resource=API, scope="tool:whoami read:private"), API)
    assert claims["scope"] == "read:private"
    assert claims["permissions"] == ["read:private", "write:private"]


def test_the_page_shows_exactly_what_is_granted(browser: Browser) -> None:
    browser.log_in(USER)
    from tests.local_tenant.flow import authorize_url

    page = browser.http.get(authorize_url(scope="openid tool:whoami tool:greet"))
    assert hidden(page, "shown") == "openid tool:whoami"
