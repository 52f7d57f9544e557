"""docs/two-hops.md: an API exchanges the token that it received, at a tenant with really signed tokens."""

import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.urls import path
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.exchange import (
    Caller,
    ClientRejected,
    ConfidentialClient,
    DelegationTooDeep,
    ExchangeError,
    ExchangeRefused,
    MalformedAnswer,
    NotAUser,
    Obtained,
    ScopesNotGranted,
    SubjectTokenRejected,
    TenantUnavailable,
    TokenExchange,
    UnusableToken,
    token_exchange_for,
)
from on_behalf_of.resource_server import AccessToken, TokenRules
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.refusals import MissingToken
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from tests.docs.blocks import blocks
from tests.issuer import API_AUDIENCE, BRIDGE_CLIENT
from tests.loopback_server import Received, Reply, serving
from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.rooms import trust

ARCHIVE, CLIENT, SECRET = "http://localhost:8888/", "notes-api", "a-long-random-secret"
CHAIN = [CLIENT, BRIDGE_CLIENT, "inspector"]
KEY = b"0123456789abcdef" * 2


class TwoHopTenant(FakeTenant):
    """Knows the API as a client of its own, and puts it around the actors of the token that it exchanges."""

    def authenticated(self, received: Received, form: dict[str, str]) -> str | None:
        return CLIENT if (form["client_id"], form["client_secret"]) == (CLIENT, SECRET) else None

    def _exchanged(self, form: dict[str, str], client: str) -> dict[str, Any]:
        around = {"act": {"sub": client, "act": self.decoded(form["subject_token"])["act"]}}
        self.token_changes = around | self.token_changes
        return super()._exchanged(form, client)


@pytest.fixture
def tenant() -> Iterator[TwoHopTenant]:
    tenant = TwoHopTenant()
    tenant.grantable = {"read:archive"}
    with serving(tenant.respond) as url:
        tenant.url = f"{url}/"
        yield tenant


@pytest.fixture
def exchange(tenant: TwoHopTenant) -> TokenExchange:
    return exchange_at(tenant)


def exchange_at(tenant: TwoHopTenant, **options: Any) -> TokenExchange:
    rules = TokenRules(issuer=tenant.url, audience=ARCHIVE)
    clients = {API_AUDIENCE: ConfidentialClient(CLIENT, secret=SECRET)}
    return token_exchange_for(rules, clients=clients, timeout=5, **options)


def verified(tenant: TwoHopTenant, text: str, audience: str = API_AUDIENCE) -> AccessToken:
    keys = IssuerKeys(tenant.url, KeyFetching(given_keys=tenant.public_keys()))
    return TokenVerifier(TokenRules(tenant.url, audience), keys).verify(text)


def caller_at(tenant: TwoHopTenant, **changes: Any) -> Caller:
    text = tenant.token(**({"actor": BRIDGE_CLIENT} | changes))
    return Caller.from_header(verified(tenant, text), f"Bearer {text}")


def token_c(exchange: TokenExchange, caller: Caller, **options: Any) -> Obtained:
    return exchange.token_for(caller, scope=("read:archive",), **options)


def actors(token: AccessToken) -> list[str]:
    return [actor.subject for actor in token.actor.chain()] if token.actor else []


def test_the_second_exchange_adds_one_actor(exchange: TokenExchange, tenant: TwoHopTenant) -> None:
    caller = caller_at(tenant)
    found = token_c(exchange, caller).token
    assert actors(caller.token) == CHAIN[1:]
    assert actors(found.token) == CHAIN
    assert (found.token.subject, found.token.scopes) == (caller.token.subject, frozenset({"read:archive"}))
    assert verified(tenant, found.value, ARCHIVE) == found.token
    (form,) = tenant.forms
    assert (form["subject_token"], form["audience"], form["scope"]) == (caller.subject_token, ARCHIVE, "read:archive")


def test_tokens_are_kept_for_each_user_and_scope(exchange: TokenExchange, tenant: TwoHopTenant) -> None:
    alice, bob = caller_at(tenant), caller_at(tenant, subject="auth0|bob")
    assert token_c(exchange, alice).token == token_c(exchange, alice).token
    assert len(tenant.forms) == 1
    assert token_c(exchange, bob).token.token.subject == "auth0|bob"
    exchange.token_for(alice, scope=())
    assert len(tenant.forms) == 3


def test_a_token_that_the_further_api_rejected_is_replaced(exchange: TokenExchange, tenant: TwoHopTenant) -> None:
    caller = caller_at(tenant)
    first = token_c(exchange, caller).token
    second = token_c(exchange, caller, rejected=first).token
    assert second.value != first.value
    assert token_c(exchange, caller).token == second


def test_processes_share_tokens_through_a_cache(tenant: TwoHopTenant) -> None:
    cache, caller = DictCache(), caller_at(tenant)
    first, second = (exchange_at(tenant, shared_cache=cache, cache_keys=[KEY]) for _ in range(2))
    assert token_c(first, caller).token == token_c(second, caller).token
    assert len(tenant.forms) == 1
    assert SECRET not in str(cache.entries)
    with pytest.raises(ValueError, match="keys"):
        exchange_at(tenant, shared_cache=cache)


@pytest.mark.parametrize("header", [None, "", "Basic YTpi"])
def test_a_request_without_a_bearer_token_has_no_caller(tenant: TwoHopTenant, header: str | None) -> None:
    with pytest.raises(MissingToken):
        Caller.from_header(verified(tenant, tenant.delegated_token()), header)


def test_only_the_text_of_the_verified_token_is_sent_to_the_tenant(
    exchange: TokenExchange, tenant: TwoHopTenant
) -> None:
    token = verified(tenant, tenant.delegated_token())
    with pytest.raises(ValueError, match="another token"):
        Caller.from_header(token, f"Bearer {tenant.delegated_token(subject='auth0|bob')}")
    with pytest.raises(ValueError, match="another token"):
        Caller.from_header(token, "Bearer anything")
    assert tenant.forms == []


def test_a_token_of_another_issuer_or_for_another_service_is_not_exchanged(
    exchange: TokenExchange, tenant: TwoHopTenant
) -> None:
    text = tenant.delegated_token(aud=ARCHIVE)
    with pytest.raises(ValueError, match="no client"):
        token_c(exchange, Caller(verified(tenant, text, ARCHIVE), text))
    caller = caller_at(tenant)
    tenant.url = "https://other.example/"
    with pytest.raises(ValueError, match="issuer"):
        token_c(exchange_at(tenant), caller)
    assert tenant.forms == []


Spoil = Callable[[TwoHopTenant], None]
FAILURES: dict[str, tuple[type[ExchangeError], Spoil]] = {
    "refused": (ExchangeRefused, lambda tenant: setattr(tenant, "reply", Reply(403, b'{"error":"access_denied"}'))),
    "login is over": (SubjectTokenRejected, lambda tenant: setattr(tenant, "reply", Reply(401, b"{}"))),
    "wrong secret": (ClientRejected, lambda tenant: setattr(tenant, "authenticated", lambda *_: None)),
    "out of order": (TenantUnavailable, lambda tenant: setattr(tenant, "reply", Reply(500))),
    "not JSON": (MalformedAnswer, lambda tenant: setattr(tenant, "reply", Reply(200, b"<html>"))),
    "another user": (UnusableToken, lambda tenant: tenant.token_changes.update(sub="auth0|bob")),
    "another actor": (UnusableToken, lambda tenant: tenant.token_changes.update(act={"sub": "other"})),
    "for another API": (UnusableToken, lambda tenant: tenant.token_changes.update(aud="https://other.example/")),
    "fewer scopes": (ScopesNotGranted, lambda tenant: tenant.grantable.clear()),
}


@pytest.mark.parametrize("case", FAILURES)
def test_each_way_to_fail_has_a_class(exchange: TokenExchange, tenant: TwoHopTenant, case: str) -> None:
    kind, spoil = FAILURES[case]
    caller = caller_at(tenant)
    spoil(tenant)
    with pytest.raises(ExchangeError) as failed:
        token_c(exchange, caller)
    assert isinstance(failed.value, kind)
    assert caller.subject_token not in str(failed.value)
    assert SECRET not in str(failed.value)


def test_a_machine_and_a_chain_of_four_are_not_exchanged(exchange: TokenExchange, tenant: TwoHopTenant) -> None:
    machine = tenant.machine_token()
    with pytest.raises(NotAUser):
        token_c(exchange, Caller(verified(tenant, machine), machine))
    with pytest.raises(DelegationTooDeep):
        token_c(exchange, caller_at(tenant, actor=["d", "c", "b", "a"]))
    assert tenant.forms == []


@pytest.mark.django_db
def test_the_view_of_the_page_calls_the_further_api_as_the_user(
    tenant: TwoHopTenant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[Received] = []

    def archive(request: Received) -> Reply:
        received.append(request)
        return Reply(200, b'{"notes": []}')

    trust(settings, tenant)
    monkeypatch.setenv("ARCHIVE_CLIENT_SECRET", SECRET)
    block = blocks("docs/two-hops.md", "python")[-1]
    with serving(archive) as url:
        here = block.text.replace("http://localhost:9000/", tenant.url).replace(
            "http://localhost:8888/notes", f"{url}/"
        )
        names: dict[str, Any] = {"__name__": "documented"}
        exec(here, names)  # noqa: S102 - our own documentation
        urls = ModuleType("second_hop_urls")
        urls.urlpatterns = [path("archived", names["ArchivedNotes"].as_view())]  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, urls.__name__, urls)
        settings.ROOT_URLCONF = urls.__name__
        client = APIClient()
        text = tenant.delegated_token()
        answer = client.get("/archived", headers={"Authorization": f"Bearer {text}"})
        assert (answer.status_code, answer.json()) == (200, {"notes": []}), answer.content
        tenant.reply = Reply(403, json.dumps({"error": "access_denied"}).encode())
        refused = client.get("/archived", headers={"Authorization": f"Bearer {tenant.delegated_token()}"})
    assert (refused.status_code, refused.json()["reason"]) == (502, "exchange_refused")
    (request,) = received
    passed_on = request.headers["Authorization"].removeprefix("Bearer ")
    assert passed_on != text
    assert actors(verified(tenant, passed_on, ARCHIVE)) == CHAIN
