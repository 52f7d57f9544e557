import itertools
import time
from typing import Any

import jwt
import pytest
from model_bakery import baker
from oauth2_provider.models import AccessToken, Application, RefreshToken

from local_tenant.access_token import signed_jwt
from local_tenant.models import Api, ClientGrant, ClientProfile, Permission, TenantUser
from tests.local_tenant.flow import (
    ACCESS_TOKEN,
    ADMIN,
    API,
    BRIDGE,
    BRIDGE_CLIENT,
    BRIDGE_SECRET,
    CLIENT_ID,
    EXCHANGE,
    ISSUER,
    USER,
    Browser,
    basic,
    error,
    exchange,
    token_request,
    verified,
)


def subject(**changes: Any) -> dict[str, Any]:
    """Claims of an access token for the bridge, as the tenant makes them; None takes one away."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": "auth0|local-admin",
        "aud": BRIDGE,
        "client_id": CLIENT_ID,
        "iat": now,
        "exp": now + 600,
        "jti": "a",
        "scope": "tool:whoami",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def subject_token(**changes: Any) -> str:
    return signed_jwt(subject(**changes), typ="at+jwt")


def test_the_new_token_is_the_users_for_the_other_api_with_the_bridge_acting(browser: Browser) -> None:
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


def test_no_refresh_token_comes_of_an_exchange_even_if_asked_for(browser: Browser) -> None:
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


def test_scope_is_told_only_when_it_differs_from_what_was_asked(tenant: None) -> None:
    """RFC 8693 §2.2.1."""
    assert "scope" not in exchange(subject_token(), scope="read:private write:private").json()
    assert exchange(subject_token(), scope="read:private nonsense").json()["scope"] == "read:private"
    assert exchange(subject_token()).json()["scope"] == "read:private write:private"


def test_scopes_are_the_intersection_of_asked_grant_and_roles(tenant: None) -> None:
    """The facts: asked ∩ user-delegated client grant ∩ the user's permissions."""
    of_user = subject_token(sub="auth0|local-user")
    assert exchange(of_user, scope="read:private write:private").json()["scope"] == "read:private"
    grant = ClientGrant.objects.get(application__client_id=BRIDGE_CLIENT)
    grant.permissions.set(Permission.objects.filter(value="write:private"))
    assert exchange(subject_token()).json()["scope"] == "write:private"
    assert error(exchange(of_user, scope="read:private")) == (403, "access_denied")


def test_permissions_of_another_api_in_a_grant_count_for_nothing(tenant: None) -> None:
    grant = ClientGrant.objects.get(application__client_id=BRIDGE_CLIENT)
    grant.permissions.set(Permission.objects.filter(value="tool:greet"))
    assert exchange(subject_token()).json()["scope"] == ""


def test_asking_for_nothing_and_being_permitted_nothing_gives_an_empty_scope(tenant: None) -> None:
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


ACT_4 = {"sub": "a", "act": {"sub": "b", "act": {"sub": "c", "act": {"sub": "d"}}}}

REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[int, str]]] = {
    # 400: the request
    "no subject token": ({}, {"subject_token": None}, (400, "invalid_request")),
    "no subject token type": ({}, {"subject_token_type": None}, (400, "invalid_request")),
    "no audience": ({}, {"audience": None}, (400, "invalid_request")),
    "another subject token type": (
        {},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        (400, "invalid_request"),
    ),
    "another requested token type": (
        {},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        (400, "invalid_request"),
    ),
    "an actor token": ({}, {"actor_token": "x"}, (400, "invalid_request")),
    "four actors already": ({"act": ACT_4}, {}, (400, "invalid_request")),
    # 401: who the client is, whom the subject token is about
    "wrong secret": ({}, {"authorization": basic(secret="wrong")}, (401, "invalid_client")),
    "unknown client": ({}, {"authorization": basic("nobody")}, (401, "invalid_client")),
    "no client authentication": ({}, {"authorization": ""}, (401, "invalid_client")),
    "a public client": ({}, {"authorization": "", "client_id": CLIENT_ID}, (401, "invalid_client")),
    "another client id in the body": ({}, {"client_id": CLIENT_ID}, (401, "invalid_client")),
    "garbage": ({}, {"subject_token": "garbage"}, (401, "invalid_grant")),
    "expired": ({"exp": int(time.time()) - 1}, {}, (401, "invalid_grant")),
    "no expiry": ({"exp": None}, {}, (401, "invalid_grant")),
    "of another issuer": ({"iss": "https://evil.example/"}, {}, (401, "invalid_grant")),
    "issuer without its slash": ({"iss": ISSUER.rstrip("/")}, {}, (401, "invalid_grant")),
    "unknown user": ({"sub": "auth0|nobody"}, {}, (401, "invalid_grant")),
    "a machine": ({"sub": f"{BRIDGE_CLIENT}@clients"}, {}, (401, "invalid_grant")),
    "an ID token": ({"aud": CLIENT_ID, "client_id": None, "nonce": "n"}, {}, (401, "invalid_grant")),
    "without client": ({"client_id": None}, {}, (401, "invalid_grant")),
    "subject that is no text": ({"sub": 7}, {}, (401, "invalid_grant")),
    "act that is no object": ({"act": "me"}, {}, (401, "invalid_grant")),
    "act without sub": ({"act": {"act": {"sub": "x"}}}, {}, (401, "invalid_grant")),
    "unknown organization": ({"org_id": "org_gone"}, {}, (401, "invalid_grant")),
    "too long": ({"padding": "x" * 20_000}, {}, (401, "invalid_grant")),
    # 403: what the client and the user may
    "a token for another API": ({"aud": API}, {}, (403, "unauthorized_client")),
    "unknown target": ({}, {"audience": "http://localhost:1/"}, (403, "access_denied")),
    "a target without client grant": ({}, {"audience": BRIDGE}, (403, "access_denied")),
    "none of the scopes": ({}, {"scope": "delete:everything"}, (403, "access_denied")),
    "a scope that the user may not": ({"sub": "auth0|local-user"}, {"scope": "write:private"}, (403, "access_denied")),
}


@pytest.mark.parametrize(("claims", "changes", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_each_refusal_has_its_status_and_code(
    tenant: None, claims: dict[str, Any], changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    """The facts §4: 400 for the request, 401 for credentials and subject token, 403 for what is not allowed."""
    response = exchange(**{"subject_token": subject_token(**claims)} | changes)
    assert error(response) == expected
    assert not AccessToken.objects.exists()


def test_the_depth_refusal_is_worded_as_documented(tenant: None) -> None:
    response = exchange(subject_token(act=ACT_4))
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "Delegation chain (`act` claim) depth exceeds the maximum allowed limit of 4",
    }


def test_three_actors_may_become_four(tenant: None) -> None:
    response = exchange(subject_token(act=ACT_4["act"]))
    assert verified(response.json()["access_token"], API)["act"] == {"sub": BRIDGE_CLIENT, "act": ACT_4["act"]}


def test_a_chain_grows_hop_by_hop_until_the_limit(browser: Browser) -> None:
    """Real hops: each API's own client exchanges on towards the next."""
    apis = [Api.objects.get(identifier=BRIDGE), Api.objects.get(identifier=API)]
    apis += [baker.make(Api, identifier=f"http://hop{n}/", enforce_rbac=False) for n in (2, 3, 4)]
    token, expected = browser.access_token(), {"sub": CLIENT_ID}
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


def test_exchange_must_be_switched_on_for_the_client(tenant: None) -> None:
    ClientProfile.objects.update(may_exchange=False)
    assert error(exchange(subject_token())) == (403, "unauthorized_client")


def test_the_client_must_be_linked_to_the_api_that_the_token_is_for(tenant: None) -> None:
    ClientProfile.objects.update(resource_server=None)
    assert error(exchange(subject_token())) == (403, "unauthorized_client")


def test_a_public_client_that_knows_its_secret_is_still_refused(tenant: None) -> None:
    Application.objects.filter(client_id=BRIDGE_CLIENT).update(client_type=Application.CLIENT_PUBLIC)
    assert error(exchange(subject_token())) == (401, "invalid_client")


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_a_token_that_is_not_signed_with_our_key_is_refused(tenant: None, alg: str) -> None:
    """RFC 8725 §3.1."""
    kid = jwt.get_unverified_header(subject_token())["kid"]
    key = None if alg == "none" else "a secret that is long enough for this algorithm"
    forged = jwt.encode(subject(), key, algorithm=alg, headers={"kid": kid, "typ": "at+jwt"})
    assert error(exchange(forged)) == (401, "invalid_grant")


def test_an_inactive_user_cannot_be_acted_for(browser: Browser) -> None:
    token = browser.access_token(ADMIN)
    TenantUser.objects.filter(email=ADMIN[0]).update(is_active=False)
    assert error(exchange(token)) == (401, "invalid_grant")


def test_a_deleted_user_cannot_be_acted_for(browser: Browser) -> None:
    token = browser.access_token(ADMIN)
    TenantUser.objects.get(email=ADMIN[0]).user.delete()
    assert error(exchange(token)) == (401, "invalid_grant")


def test_the_challenge_of_a_failed_authentication_is_basic(tenant: None) -> None:
    """RFC 6749 §5.2."""
    assert exchange("x", authorization=basic(secret="wrong"))["WWW-Authenticate"].startswith("Basic")


def test_two_ways_of_authentication_at_once_are_refused(tenant: None) -> None:
    """RFC 6749 §2.3."""
    assert error(exchange(subject_token(), client_secret=BRIDGE_SECRET)) == (400, "invalid_request")


def test_equal_exchanges_in_one_second_both_succeed(tenant: None) -> None:
    """The Auth0 dialect has no jti that would tell two tokens apart."""
    Api.objects.filter(identifier=API).update(dialect=Api.Dialect.AUTH0)
    token = subject_token()
    answers = [exchange(token) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["access_token"] for answer in answers}) == 3


def test_a_token_request_without_client_is_refused(tenant: None) -> None:
    assert error(token_request({"grant_type": EXCHANGE})) == (401, "invalid_client")
