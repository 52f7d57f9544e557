import pytest
from model_bakery import baker

from local_tenant.models import Membership, Organization, Role, TenantUser
from tests.local_tenant.flow import (
    ADMIN,
    API,
    BRIDGE,
    CLIENT_ID,
    USER,
    Browser,
    answer_at_client,
    authorize_url,
    error,
    exchange,
    redeem,
    token_request,
    verified,
)


@pytest.fixture
def acme(tenant: None) -> Organization:
    """The Tool User is an administrator within this organization; the Tool Administrator is not a member."""
    organization: Organization = baker.make(Organization, org_id="org_acme", name="Acme")
    membership = baker.make(Membership, organization=organization, member=TenantUser.objects.get(email=USER[0]))
    membership.roles.add(Role.objects.get(name="Tool Administrator"))
    return organization


def test_within_an_organization_the_roles_of_the_membership_count(browser: Browser, acme: Organization) -> None:
    """The facts §4: organization RBAC when org_id."""
    claims = verified(browser.access_token(USER, organization="org_acme"), BRIDGE)
    assert claims["org_id"] == "org_acme"
    assert claims["scope"] == "tool:whoami tool:greet"
    assert "org_id" not in verified(browser.access_token(USER), BRIDGE)


def test_org_id_survives_exchange_and_refresh(browser: Browser, acme: Organization) -> None:
    token = browser.tokens(USER, organization="org_acme", scope="openid offline_access tool:whoami")
    exchanged = verified(exchange(token["access_token"]).json()["access_token"], API)
    assert exchanged["org_id"] == "org_acme"
    assert exchanged["scope"] == "read:private write:private"
    refreshed = token_request(
        {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": CLIENT_ID}
    ).json()
    assert verified(refreshed["access_token"], BRIDGE)["org_id"] == "org_acme"
    assert verified(refreshed["id_token"], CLIENT_ID)["org_id"] == "org_acme"


def test_a_user_who_is_not_a_member_is_refused(browser: Browser, acme: Organization) -> None:
    browser.log_in(ADMIN)
    answer = answer_at_client(browser.http.get(authorize_url(organization="org_acme")))
    assert answer["error"] == "access_denied"


def test_a_former_member_cannot_be_acted_for(browser: Browser, acme: Organization) -> None:
    token = browser.access_token(USER, organization="org_acme")
    Membership.objects.all().delete()
    assert error(exchange(token)) == (403, "access_denied")


def test_a_code_of_a_deleted_organization_is_invalid(browser: Browser, acme: Organization) -> None:
    code = browser.code(USER, organization="org_acme")
    acme.delete()
    assert error(redeem(code)) == (400, "invalid_grant")


def test_the_consent_page_names_the_organization(browser: Browser, acme: Organization) -> None:
    browser.log_in(USER)
    assert "at Acme" in browser.http.get(authorize_url(organization="org_acme")).content.decode()
