"""The audit log in Django admin: for reading only, for superusers too."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from model_bakery import baker
from pytest_django import Settings

from downstream_api.models import DelegatedAccess


@pytest.fixture
def row(db: None) -> DelegatedAccess:
    return baker.make(
        DelegatedAccess,
        subject="auth0|<b>alice</b>",
        client_id="bridge",
        actor="bridge",
        actor_chain=[{"sub": "bridge"}, {"sub": "inspector"}],
        decision="allowed",
        status=200,
        request_id="r" * 32,
    )


@pytest.fixture
def reviewer(client: Client, settings: Settings, db: None) -> Client:
    settings.ROOT_URLCONF = "config.api.urls"
    user = User.objects.create_user("auditor", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_delegatedaccess"))
    client.force_login(user)
    return client


LIST = "/admin/downstream_api/delegatedaccess/"


def test_the_list_shows_the_chain_from_user_to_api(reviewer: Client, row: DelegatedAccess) -> None:
    page = reviewer.get(LIST).content.decode()
    assert "auth0|&lt;b&gt;alice&lt;/b&gt; → inspector → bridge → API" in page
    assert "<b>alice</b>" not in page


def test_a_row_can_be_opened(reviewer: Client, row: DelegatedAccess) -> None:
    assert reviewer.get(f"{LIST}{row.pk}/change/").status_code == 200


def test_rows_are_found_by_exact_request_id(reviewer: Client, row: DelegatedAccess) -> None:
    assert b"1 delegated access" in reviewer.get(LIST, {"q": "r" * 32}).content
    assert b"0 delegated access" in reviewer.get(LIST, {"q": "r" * 31}).content


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_not_even_a_superuser_adds_or_deletes(
    admin_client: Client, settings: Settings, row: DelegatedAccess, path: str
) -> None:
    settings.ROOT_URLCONF = "config.api.urls"
    assert admin_client.get(LIST + path.format(pk=row.pk)).status_code == 403
    assert admin_client.post(LIST + path.format(pk=row.pk), {"post": "yes"}).status_code == 403
    assert DelegatedAccess.objects.count() == 1


def test_not_even_a_superuser_changes_a_row(admin_client: Client, settings: Settings, row: DelegatedAccess) -> None:
    settings.ROOT_URLCONF = "config.api.urls"
    assert admin_client.post(f"{LIST}{row.pk}/change/", {"subject": "x"}).status_code == 403


def test_a_caller_with_a_token_is_nobody_in_the_admin(client: Client, settings: Settings, db: None) -> None:
    settings.ROOT_URLCONF = "config.api.urls"
    answer = client.get(LIST, HTTP_AUTHORIZATION="Bearer x.y.z")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")
