from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import Application

from local_tenant.configuration import LinkedClient, TenantConfiguration
from local_tenant.models import Api, ClientGrant, Permission, Role, TenantUser
from local_tenant.seed import DEVELOPMENT_STAFF, DEVELOPMENT_USERS, seed
from on_behalf_of.mcp.configuration import bridge_configuration
from tests.local_tenant.flow import API, BRIDGE, Browser, basic, error, exchange
from tests.local_tenant.subject_tokens import subject_token


def rows() -> dict[str, Any]:
    from django.apps import apps

    models: list[Any] = [
        *apps.get_app_config("local_tenant").get_models(),
        *apps.get_app_config("oauth2_provider").get_models(),
        User,
    ]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_seeding_again_changes_nothing(tenant: TenantConfiguration) -> None:
    def without_times(found: dict[str, Any]) -> dict[str, Any]:
        return {
            name: [{k: v for k, v in row.items() if k != "updated"} for row in items] for name, items in found.items()
        }

    before = without_times(rows())
    seed(tenant)
    assert without_times(rows()) == before


def test_seeding_again_is_fast(tenant: TenantConfiguration) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        seed(tenant)
    assert len(queries) < 50


def test_manual_changes_stay(tenant: TenantConfiguration, browser: Browser) -> None:
    user = TenantUser.objects.get(email="user@example.com")
    user.set_password("mine")
    user.save()
    user.roles.set(Role.objects.filter(name="Tool Administrator"))
    staff = User.objects.get(username="admin")
    staff.set_password("mine-too")
    staff.save()
    ClientGrant.objects.get(application=None).permissions.clear()
    seed(tenant)
    assert browser.log_in(("user@example.com", "mine")).status_code == 302
    assert [role.name for role in TenantUser.objects.get(pk=user.pk).roles.all()] == ["Tool Administrator"]
    assert Client().login(username="admin", password="mine-too")
    assert not ClientGrant.objects.get(application=None).permissions.exists()


def with_a_new_tool(tenant: TenantConfiguration) -> TenantConfiguration:
    return replace(
        tenant,
        bridge_scopes=(*tenant.bridge_scopes, ("tool:paint", "Paint")),
        api_scopes=(*tenant.api_scopes, ("paint:private", "x" * 300)),
    )


def holders(scope: str) -> set[str]:
    """The roles and grants that have the permission of this name."""
    roles = Role.objects.filter(permissions__value=scope)
    grants = ClientGrant.objects.filter(permissions__value=scope)
    return {str(row) for row in (*roles, *grants)}


def test_the_scope_of_a_new_tool_reaches_an_existing_tenant(tenant: TenantConfiguration, browser: Browser) -> None:
    seed(with_a_new_tool(tenant))
    assert holders("tool:paint") == {
        "Tool Administrator",
        "Manual client → MCP bridge",
        "third-party clients → MCP bridge",
    }
    assert holders("paint:private") == {"Tool Administrator", "Manual client → Notes API", "MCP bridge → Notes API"}
    assert "tool:paint" in browser.tokens(scope="tool:whoami tool:paint")["scope"]


def test_a_scope_that_was_removed_by_hand_stays_removed(tenant: TenantConfiguration) -> None:
    seed(with_a_new_tool(tenant))
    for row in (*Role.objects.all(), *ClientGrant.objects.all()):
        row.permissions.remove(*Permission.objects.filter(value__in=["tool:paint", "paint:private", "tool:greet"]))
    seed(with_a_new_tool(tenant))
    assert not holders("tool:paint") | holders("paint:private") | holders("tool:greet")


def test_a_scope_that_no_tool_needs_any_more_stays(tenant: TenantConfiguration) -> None:
    before = holders("tool:notes")
    seed(replace(tenant, bridge_scopes=tenant.bridge_scopes[:1]))
    assert holders("tool:notes") == before


def test_every_scope_of_a_tool_is_seeded_with_a_description(settings: Any) -> None:
    from config.settings import LOCAL_TENANT

    assert tuple(value for value, _ in LOCAL_TENANT.bridge_scopes) == bridge_configuration().resource.scopes
    assert dict(LOCAL_TENANT.bridge_scopes)["tool:notes"].startswith("Use “List your notes”, “Write a note”, ")
    assert set(dict(LOCAL_TENANT.api_scopes)) == {"read:private", "write:private"}


def test_changed_identifiers_and_credentials_are_applied(tenant: TenantConfiguration, settings: Any) -> None:
    token = subject_token(aud="http://localhost:4001/")
    settings.LOCAL_TENANT = replace(
        tenant,
        bridges=(LinkedClient("http://localhost:4001/", "another-bridge", "another-secret"),),
        api_audience="urn:another-api",
    )
    seed(settings.LOCAL_TENANT)
    assert set(Api.objects.values_list("identifier", flat=True)) == {"http://localhost:4001/", "urn:another-api"}
    answer = exchange(token, authorization=basic("another-bridge", "another-secret"), audience="urn:another-api")
    assert answer.status_code == 200
    assert exchange(token, authorization=basic(), audience="urn:another-api").status_code == 401


def test_tokens_for_two_configured_identifiers_are_exchanged(tenant: TenantConfiguration, settings: Any) -> None:
    """While clients move, each token is exchanged by the client linked to its audience."""
    moved = LinkedClient("http://localhost:3001/", "old-bridge", "old-secret")
    settings.LOCAL_TENANT = replace(tenant, bridges=(*tenant.bridges, moved))
    known = Api.objects.get(identifier=BRIDGE).pk
    for _ in range(2):
        seed(settings.LOCAL_TENANT)
    assert Api.objects.get(identifier=BRIDGE).pk == known
    assert Api.objects.count() == 3
    for audience, own, foreign in (
        (BRIDGE, basic(), basic("old-bridge", "old-secret")),
        (moved.identifier, basic("old-bridge", "old-secret"), basic()),
    ):
        answer = exchange(subject_token(aud=audience), authorization=own)
        assert answer.status_code == 200
        assert error(exchange(subject_token(aud=audience), authorization=foreign)) == (403, "unauthorized_client")


def test_the_row_of_a_configured_identifier_is_not_renamed(tenant: TenantConfiguration, settings: Any) -> None:
    """A tenant that was seeded with one identifier gets another one in front of it."""
    known = Api.objects.get(identifier=BRIDGE).pk
    new = LinkedClient("http://localhost:3001/new", "new-bridge", "new-secret")
    seed(replace(tenant, bridges=(new, *tenant.bridges)))
    assert Api.objects.get(identifier=BRIDGE).pk == known
    assert Api.objects.filter(identifier=new.identifier).exists()


def test_the_development_accounts_are_as_shown(tenant: TenantConfiguration, browser: Browser) -> None:
    home = browser.http.get("/").content.decode()
    for user in DEVELOPMENT_USERS:
        assert browser.log_in((user.email, user.password)).status_code == 302
        assert TenantUser.objects.get(email=user.email).roles.get().name == user.role
        assert user.email in home
    for staff in DEVELOPMENT_STAFF:
        assert Client().login(username=staff.username, password=staff.password)
        assert staff.username in home
    auditor = User.objects.get(username="auditor")
    assert auditor.is_staff
    assert not auditor.is_superuser
    assert BRIDGE in home
    assert API in home


def test_the_auditor_may_view_the_audit_log_and_nothing_else(tenant: TenantConfiguration) -> None:
    auditor = User.objects.get(username="auditor")
    assert auditor.get_all_permissions() == {
        "obo_audit.view_delegatedaccess",
        "obo_mcp.view_toolcall",
    }


def test_the_command_seeds_and_makes_the_key(db: None, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.LOCAL_TENANT.signing_key_file.unlink()
    call_command("seed_tenant", verbosity=2)
    assert settings.LOCAL_TENANT.signing_key_file.stat().st_mode & 0o777 == 0o600
    assert "seeded" in capsys.readouterr().out


def test_the_tenant_refuses_to_run_without_debug_or_off_this_machine(settings: Any) -> None:
    settings.DEBUG = True
    assert not [found for found in run_checks() if str(found.id).startswith("local_tenant")]
    settings.DEBUG = False
    settings.LOCAL_TENANT = replace(settings.LOCAL_TENANT, issuer="http://tenant.example.com/")
    assert {found.id for found in run_checks()} >= {"local_tenant.E001", "local_tenant.E002"}


def test_readiness_needs_the_database_and_a_key(http: Client, settings: Any) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ok"}
    settings.LOCAL_TENANT.signing_key_file.write_text("no key")
    response = http.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unready", "failed": ["signing_key"]}


def test_the_login_client_is_public_and_gets_the_configured_redirect_uris(
    tenant: TenantConfiguration,
) -> None:
    configured = replace(
        tenant, login_client_id="api-pages", login_redirect_uris=("http://localhost:8787/login/callback",)
    )
    seed(configured)
    seed(replace(configured, login_redirect_uris=("http://localhost:8788/login/callback",)))
    client = Application.objects.get(client_id="api-pages")
    assert client.client_type == Application.CLIENT_PUBLIC
    assert client.redirect_uris.split() == [
        "http://localhost:8787/login/callback",
        "http://localhost:8788/login/callback",
    ]
    assert ClientGrant.objects.get(application=client).scopes() == {"read:private", "write:private"}
