import jwt
from model_bakery import baker
from oauth2_provider.models import Application

from local_tenant.models import Api, ClientGrant, Permission
from tests.local_tenant.flow import API, BRIDGE, CLIENT_ID, Browser, error, exchange, token_request, verified


def test_the_auth0_dialect_has_azp_and_no_jti(browser: Browser) -> None:
    """The facts §3."""
    Api.objects.filter(identifier=BRIDGE).update(dialect=Api.Dialect.AUTH0)
    token = browser.access_token()
    claims = verified(token, BRIDGE)
    assert jwt.get_unverified_header(token)["typ"] == "JWT"
    assert claims["azp"] == CLIENT_ID
    assert not {"client_id", "jti", "gty"} & set(claims)
    assert claims["permissions"] == ["tool:greet", "tool:notes", "tool:whoami"]


def test_each_api_has_its_own_dialect(browser: Browser) -> None:
    Api.objects.filter(identifier=BRIDGE).update(dialect=Api.Dialect.AUTH0)
    exchanged = exchange(browser.access_token()).json()["access_token"]
    assert jwt.get_unverified_header(exchanged)["typ"] == "at+jwt"
    assert verified(exchanged, API)["act"]["act"] == {"sub": CLIENT_ID}


def machine() -> Application:
    return baker.make(
        Application,
        client_id="machine",
        client_secret="machine-secret",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def grant_for_itself(application: Application, *scopes: str) -> None:
    api = Api.objects.get(identifier=API)
    grant = baker.make(ClientGrant, application=application, api=api, subject_type=ClientGrant.SubjectType.CLIENT)
    grant.permissions.set(Permission.objects.filter(value__in=scopes))


MACHINE = {"grant_type": "client_credentials", "client_id": "machine", "client_secret": "machine-secret"}


def test_a_machine_gets_its_own_token(tenant: None) -> None:
    """RFC 6749 §4.4."""
    grant_for_itself(machine(), "read:private")
    body = token_request({**MACHINE, "audience": API}).json()
    claims = verified(body["access_token"], API)
    assert claims["sub"] == "machine@clients"
    assert claims["client_id"] == "machine"
    assert claims["scope"] == "read:private"
    assert claims["permissions"] == ["read:private"]
    assert "gty" not in claims
    assert "refresh_token" not in body


def test_the_auth0_dialect_marks_machines_with_gty(tenant: None) -> None:
    Api.objects.filter(identifier=API).update(dialect=Api.Dialect.AUTH0)
    grant_for_itself(machine(), "read:private")
    claims = verified(token_request({**MACHINE, "audience": API}).json()["access_token"], API)
    assert claims["gty"] == "client-credentials"
    assert claims["sub"] == "machine@clients"
    assert claims["azp"] == "machine"


def test_a_machine_gets_only_what_its_grant_allows_for_that_api(tenant: None) -> None:
    application = machine()
    assert error(token_request({**MACHINE, "audience": API})) == (403, "access_denied")
    grant_for_itself(application, "read:private")
    assert token_request({**MACHINE, "audience": API, "scope": "write:private"}).json()["scope"] == ""
    assert error(token_request({**MACHINE, "audience": BRIDGE})) == (403, "access_denied")
    assert error(token_request(MACHINE)) == (400, "invalid_target")
    assert error(token_request({**MACHINE, "audience": "x"})) == (400, "invalid_target")


def test_a_grant_on_behalf_of_users_gives_the_machine_itself_nothing(tenant: None) -> None:
    baker.make(ClientGrant, application=machine(), api=Api.objects.get(identifier=API))
    assert error(token_request({**MACHINE, "audience": API})) == (403, "access_denied")


def test_a_machine_needs_its_secret(tenant: None) -> None:
    machine()
    assert error(token_request({**MACHINE, "client_secret": "wrong"})) == (401, "invalid_client")
    assert error(token_request({**MACHINE, "client_id": CLIENT_ID})) == (401, "invalid_client")


def test_a_browser_client_cannot_use_client_credentials(tenant: None) -> None:
    application = machine()
    application.authorization_grant_type = Application.GRANT_AUTHORIZATION_CODE
    application.save()
    assert error(token_request({**MACHINE, "audience": API})) == (400, "unauthorized_client")
