import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from model_bakery import baker

from local_tenant.models import TenantUser
from tests.local_tenant.flow import ADMIN, USER, Browser, authorize_url


def tenant_user() -> TenantUser:
    return TenantUser.objects.select_related("user").get(email=ADMIN[0])


@pytest.mark.parametrize("username", [ADMIN[0], "auth0|local-admin"])
def test_a_tenant_user_cannot_log_in_to_the_admin(http: Client, username: str) -> None:
    http.post("/admin/login/", {"username": username, "password": ADMIN[1]})
    assert http.get("/admin/").status_code == 302
    assert not http.login(username=username, password=ADMIN[1])


def test_a_tenant_users_session_is_not_valid_in_the_admin(browser: Browser) -> None:
    browser.log_in(ADMIN)
    assert browser.http.get("/admin/")["Location"].startswith("/admin/login/")


def test_staff_cannot_log_in_at_the_tenants_page(browser: Browser) -> None:
    for name in ("admin", "admin@example.org"):
        User.objects.filter(is_superuser=True).update(email="admin@example.org")
        assert browser.log_in((name, "admin")).status_code == 200


def test_a_staff_session_is_not_logged_in_at_the_authorization_endpoint(http: Client) -> None:
    assert http.login(username="admin", password="admin")
    assert http.get("/admin/").status_code == 200
    assert http.get(authorize_url())["Location"].startswith("/login")


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_a_tenant_user_cannot_be_made_staff(tenant: None, flag: str) -> None:
    user = tenant_user().user
    setattr(user, flag, True)
    with pytest.raises(ValidationError):
        user.save()
    assert not User.objects.filter(pk=user.pk, **{flag: True}).exists()


def test_a_tenant_user_cannot_get_a_password_that_the_admin_accepts(tenant: None) -> None:
    user = tenant_user().user
    user.set_password("x")
    with pytest.raises(ValidationError):
        user.save()


def test_staff_cannot_be_made_a_tenant_user(tenant: None) -> None:
    staff = User.objects.get(username="admin")
    profile = TenantUser(user=staff, email="staff@example.com", subject="auth0|staff")
    with pytest.raises(ValidationError):
        profile.clean()
    with pytest.raises(ValidationError):
        profile.save()


def test_a_tenant_user_forced_to_be_staff_is_locked_out(browser: Browser) -> None:
    """Bypassing the model with SQL gains nothing."""
    browser.log_in(USER)
    User.objects.filter(tenant_user__email=USER[0]).update(is_staff=True)
    assert browser.http.get("/admin/")["Location"].startswith("/admin/login/")
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert browser.log_in(USER).status_code == 200


def test_a_new_tenant_user_gets_a_plain_django_user(tenant: None) -> None:
    made = TenantUser.objects.create(email="New@Example.com")
    assert made.email == "new@example.com"
    assert made.subject.startswith("auth0|")
    assert not made.user.has_usable_password()
    assert not made.user.is_staff


@pytest.fixture
def admin(http: Client) -> Client:
    http.login(username="admin", password="admin")
    return http


def test_the_admin_keeps_tenant_users_and_staff_on_different_pages(admin: Client) -> None:
    staff = admin.get("/admin/auth/user/").content.decode()
    assert "auditor" in staff
    assert "auth0|" not in staff
    assert ADMIN[0] in admin.get("/admin/local_tenant/tenantuser/").content.decode()


PAGES = ["api", "tenantuser", "role", "organization", "clientgrant", "offlinegrant"]


@pytest.mark.parametrize("model", PAGES)
def test_every_admin_page_lists_searches_and_opens(admin: Client, model: str) -> None:
    found = tenant_user() if model == "tenantuser" else baker.make(f"local_tenant.{model}")
    base = f"/admin/local_tenant/{model}/"
    assert admin.get(base).status_code == 200
    assert admin.get(f"{base}?q=x").status_code == 200
    assert admin.get(f"{base}{found.pk}/change/").status_code == 200


def test_a_password_set_in_the_admin_works_at_the_login_page(admin: Client, browser: Browser) -> None:
    user = tenant_user()
    form = {
        "email": user.email,
        "name": "Ada",
        "subject": user.subject,
        "is_active": "on",
        "roles": [role.pk for role in user.roles.all()],
        "new_password": "changed-here",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    assert admin.post(f"/admin/local_tenant/tenantuser/{user.pk}/change/", form).status_code == 302
    assert browser.log_in((ADMIN[0], "changed-here")).status_code == 302


def test_deleting_a_tenant_user_deletes_its_django_user(admin: Client) -> None:
    user = tenant_user()
    admin.post(f"/admin/local_tenant/tenantuser/{user.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=user.user_id).exists()


def test_a_client_page_shows_what_the_tenant_knows_and_no_secret(admin: Client) -> None:
    from oauth2_provider.models import Application

    application = Application.objects.get(client_id="bridge-client")
    assert admin.get("/admin/oauth2_provider/application/?q=bridge").status_code == 200
    page = admin.get(f"/admin/oauth2_provider/application/{application.pk}/change/").content.decode()
    assert "on-behalf-of token exchange" in page.lower()
    assert "bridge-secret-of-the-tests" not in page
