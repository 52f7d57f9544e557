"""The tenant refuses blank names, and subject tokens that name two clients or an actor other than their client."""

import sys
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from oauth2_provider.models import Application

from local_tenant.access_token import signed_jwt
from local_tenant.blank import is_blank
from local_tenant.models import Api, Organization, TenantUser
from on_behalf_of.primitives import blank as of_the_services
from tests.local_tenant.flow import CLIENT_ID, error, exchange
from tests.local_tenant.subject_tokens import subject, subject_token
from tests.local_tenant.test_client_registration import INSPECTOR, register

BLANKS = [" ", "\u00a0\u3000", "\u200b", "\u200c\u2060\ufeff", "\u00ad", "\u115f\u1160\u3164\uffa0", "\u2800", "\ufe0f"]


def test_tenant_and_services_treat_every_character_alike() -> None:
    """Each has its own code for this."""
    differing = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if is_blank(chr(code)) != of_the_services.is_blank(chr(code))
    ]
    assert differing == []


@pytest.mark.parametrize("blank", ["", *BLANKS])
@pytest.mark.parametrize("name", ["sub", "client_id", "azp", "org_id"])
def test_a_subject_token_with_a_blank_name_is_not_exchanged(tenant: None, name: str, blank: str) -> None:
    answer = exchange(subject_token(**{name: blank}))
    assert error(answer) == (401, "invalid_grant")


@pytest.mark.parametrize("blank", ["", *BLANKS])
@pytest.mark.parametrize(
    "act",
    [
        lambda blank: {"sub": blank},
        lambda blank: {"sub": blank, "client_id": CLIENT_ID},
        lambda blank: {"sub": CLIENT_ID, "client_id": blank},
        lambda blank: {"sub": CLIENT_ID, "act": {"sub": blank}},
    ],
    ids=["sub", "agent", "client_id", "nested"],
)
def test_a_subject_token_with_a_blank_actor_is_not_exchanged(tenant: None, act: Any, blank: str) -> None:
    assert error(exchange(subject_token(act=act(blank)))) == (401, "invalid_grant")


ODD: dict[str, dict[str, Any]] = {
    "two clients": {"azp": "another"},
    "a stranger acts": {"act": {"sub": "stranger"}},
    "a stranger acts for the client": {"act": {"sub": "stranger", "act": {"sub": CLIENT_ID}}},
    "an agent of another client": {"act": {"sub": CLIENT_ID, "client_id": "stranger"}},
}


@pytest.mark.parametrize("claims", ODD.values(), ids=ODD)
def test_the_actor_of_a_subject_token_must_be_its_client(tenant: None, claims: dict[str, Any]) -> None:
    assert error(exchange(subject_token(**claims))) == (401, "invalid_grant")


@pytest.mark.parametrize(
    "claims", [{"azp": CLIENT_ID}, {"act": {"sub": CLIENT_ID}}, {"act": {"sub": "agt_1", "client_id": CLIENT_ID}}]
)
def test_the_tokens_own_client_or_its_agent_may_act(tenant: None, claims: dict[str, Any]) -> None:
    assert exchange(subject_token(**claims)).status_code == 200


def test_the_same_applies_in_auth0s_dialect(tenant: None) -> None:
    def answer(**claims: Any) -> Any:
        return exchange(signed_jwt(subject(client_id=None, jti=None, azp=CLIENT_ID, **claims), typ="JWT"))

    assert answer(act={"sub": CLIENT_ID}).status_code == 200
    assert error(answer(act={"sub": "stranger"})) == (401, "invalid_grant")


@pytest.mark.parametrize("blank", BLANKS)
def test_a_client_cannot_register_with_an_invisible_name(db: None, blank: str) -> None:
    assert error(register(INSPECTOR | {"client_name": blank})) == (400, "invalid_client_metadata")
    assert not Application.objects.exists()


def test_a_client_without_a_name_is_shown_by_its_id(db: None) -> None:
    """RFC 7591 §2: the name may be left out."""
    for document in ({k: v for k, v in INSPECTOR.items() if k != "client_name"}, INSPECTOR | {"client_name": ""}):
        body = register(document).json()
        assert str(Application.objects.get(client_id=body["client_id"])) == body["client_id"]


@pytest.mark.parametrize("blank", ["\u200b", "\u3164"])
def test_the_admin_refuses_invisible_names(db: None, blank: str) -> None:
    for made in (
        TenantUser(email="a@example.com", subject=blank),
        TenantUser(email="a@example.com", name=blank),
        Api(identifier=blank, name="An API"),
        Api(identifier="https://api.example/", name=blank),
        Organization(org_id=blank, name="Acme"),
        Organization(name=blank),
    ):
        with pytest.raises(ValidationError, match="must contain a visible character"):
            made.full_clean(exclude=["user"])
