import itertools
from typing import Any

from model_bakery import baker
from oauth2_provider.models import AccessToken, Application, RefreshToken

from local_tenant.models import Api, ClientGrant, ClientProfile, Permission, TenantUser
from tests.local_tenant.flow import (
    ACCESS_TOKEN,
    API,
    BRIDGE,
    BRIDGE_CLIENT,
    BRIDGE_SECRET,
    CLIENT_ID,
    EXCHANGE,
    USER,
    Browser,
    basic,
    error,
    exchange,
    verified,
)
from tests.local_tenant.subject_tokens import ACT_4, subject_token


def test_the_new_token_is_for_the_same_user_and_the_other_api_with_the_bridge_as_actor(browser: Browser) -> None:
    """RFC 8693 §4.1: the current actor outermost, the client before it within."""
    inbound = browser.access_token()
    answer = exchange(inbound, scope="read:private")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"access_token", "expires_in", "token_type", "issued_token_type"}
    assert body["token_type"] == "Bearer"
    assert body["issued_token_type"] == ACCESS_TOKEN
    assert isinstance(body["expires_in"], int)
    claims = verified(body["access_token"], API)
    assert claims["sub"] == verified(inbound, BRIDGE)["sub"]
    assert claims["aud"] == API
    assert claims["client_id"] == BRIDGE_CLIENT
    assert claims["act"] == {"sub": BRIDGE_CLIENT, "act": {"sub": CLIENT_ID}}
    assert claims["scope"] == "read:private"
    assert claims["permissions"] == ["read:private", "write:private"]
    assert answer["Cache-Control"] == "no-store"


def test_an_exchange_never_returns_a_refresh_token(browser: Browser) -> None:
    """RFC 8693 §2.2.1."""
    inbound = browser.access_token(scope="openid offline_access tool:whoami")
    RefreshToken.objects.all().delete()
    body = exchange(inbound, scope="openid offline_access read:private").json()
    assert "refresh_token" not in body
    assert "id_token" not in body
    assert body["scope"] == "read:private"
    assert not RefreshToken.objects.exists()


def test_json_and_credentials_in_the_body_work_as_well(browser: Browser) -> None:
    from django.test import Client

    body = {
        "grant_type": EXCHANGE,
        "client_id": BRIDGE_CLIENT,
        "client_secret": BRIDGE_SECRET,
        "subject_token": browser.access_token(),
        "subject_token_type": ACCESS_TOKEN,
        "audience": API,
    }
    assert Client().post("/oauth/token", body, content_type="application/json").status_code == 200


def test_scope_is_returned_only_if_it_differs_from_the_request(tenant: None) -> None:
    """RFC 8693 §2.2.1."""
    assert "scope" not in exchange(subject_token(), scope="read:private write:private").json()
    assert exchange(subject_token(), scope="read:private nonsense").json()["scope"] == "read:private"
    assert exchange(subject_token()).json()["scope"] == "read:private write:private"


def test_scopes_are_the_intersection_of_request_grant_and_roles(tenant: None) -> None:
    """The facts: asked ∩ user-delegated client grant ∩ the user's permissions."""
    of_user = subject_token(sub="auth0|local-user")
    assert exchange(of_user, scope="read:private write:private").json()["scope"] == "read:private"
    grant = ClientGrant.objects.get(application__client_id=BRIDGE_CLIENT)
    grant.permissions.set(Permission.objects.filter(value="write:private"))
    assert exchange(subject_token()).json()["scope"] == "write:private"
    assert error(exchange(of_user, scope="read:private")) == (403, "access_denied")


def test_permissions_of_another_api_in_a_grant_are_ignored(tenant: None) -> None:
    grant = ClientGrant.objects.get(application__client_id=BRIDGE_CLIENT)
    grant.permissions.set(Permission.objects.filter(value="tool:greet"))
    assert exchange(subject_token()).json()["scope"] == ""


def test_a_request_without_scopes_by_a_user_without_permissions_gets_an_empty_scope(tenant: None) -> None:
    """The notes: 200, and the API answers 403."""
    TenantUser.objects.get(email=USER[0]).roles.clear()
    answer = exchange(subject_token(sub="auth0|local-user"))
    assert answer.status_code == 200
    claims = verified(answer.json()["access_token"], API)
    assert claims["scope"] == ""
    assert claims["permissions"] == []


def test_without_rbac_the_client_grant_alone_decides(tenant: None) -> None:
    Api.objects.filter(identifier=API).update(enforce_rbac=False)
    claims = verified(exchange(subject_token(sub="auth0|local-user")).json()["access_token"], API)
    assert claims["scope"] == "read:private write:private"
    assert "permissions" not in claims


def test_resource_names_the_target_as_audience_does(tenant: None) -> None:
    """RFC 8693 §2.1."""
    assert exchange(subject_token(), audience=None, resource=API).status_code == 200


def test_the_token_lives_as_long_as_its_api_says(tenant: None) -> None:
    Api.objects.filter(identifier=API).update(token_lifetime=77)
    body = exchange(subject_token()).json()
    claims = verified(body["access_token"], API)
    assert claims["exp"] - claims["iat"] == body["expires_in"] == 77
    row = AccessToken.objects.get()
    assert row.resource == [API]


def test_three_actors_may_become_four(tenant: None) -> None:
    response = exchange(subject_token(client_id="b", act=ACT_4["act"]))
    assert verified(response.json()["access_token"], API)["act"] == {"sub": BRIDGE_CLIENT, "act": ACT_4["act"]}


def test_a_chain_grows_hop_by_hop_until_the_limit(browser: Browser) -> None:
    """Real hops: each API's own client exchanges the token for the next API."""
    apis = [Api.objects.get(identifier=BRIDGE), Api.objects.get(identifier=API)]
    apis += [baker.make(Api, identifier=f"http://hop{n}/", enforce_rbac=False) for n in (2, 3, 4)]
    token = browser.access_token()
    expected: dict[str, Any] = {"sub": CLIENT_ID}
    for here, there in itertools.pairwise(apis):
        client = baker.make(
            Application,
            client_id=f"client-of-{here.pk}",
            client_secret="s",
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        )
        ClientProfile.objects.filter(application=client).update(resource_server=here, may_exchange=True)
        baker.make(ClientGrant, application=client, api=there)
        response = exchange(token, authorization=basic(client.client_id, "s"), audience=there.identifier)
        if there is apis[-1]:
            assert error(response) == (400, "invalid_request")
            return
        token = response.json()["access_token"]
        expected = {"sub": client.client_id, "act": expected}
        assert verified(token, there.identifier)["act"] == expected


def test_equal_exchanges_in_one_second_both_succeed(tenant: None) -> None:
    """The Auth0 dialect has no jti that would tell two tokens apart."""
    Api.objects.filter(identifier=API).update(dialect=Api.Dialect.AUTH0)
    token = subject_token()
    answers = [exchange(token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["access_token"] for answer in answers}) == 3
