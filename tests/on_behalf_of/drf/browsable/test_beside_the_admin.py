"""An auditor's login and a user's token may share a browser session, but neither gives the rights of the other."""

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client

from on_behalf_of.audit.models import DelegatedAccess
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import Person

LIST = "/admin/obo_audit/delegatedaccess/"


@pytest.fixture
def auditor(db: None) -> User:
    user = User.objects.create_user("auditor", password="auditor-demo", is_staff=True)
    user.groups.add(Group.objects.get(name="Auditors"))
    return user


def test_an_auditor_who_logs_in_to_the_pages_stays_an_auditor_and_sees_the_calls(person: Person, auditor: User) -> None:
    person.client.force_login(auditor)
    before = person.session_key()
    person.log_in()
    assert person.session_key() != before
    assert person.get("/api/notes/").status_code == 200
    page = person.get(LIST)
    assert page.status_code == 200
    assert "/api/notes/" in page.content.decode()


def test_a_person_who_logs_in_to_the_admin_keeps_their_token_under_a_new_key(person: Person, auditor: User) -> None:
    person.log_in()
    before = person.session_key()
    person.client.force_login(auditor)
    assert person.session_key() != before
    assert person.get("/api/notes/").status_code == 200


def test_logging_out_of_the_pages_does_not_log_out_of_the_admin(person: Person, auditor: User) -> None:
    person.client.force_login(auditor)
    person.log_in()
    before = person.session_key()
    assert person.post("/logout", {})["Location"] == "/logout"
    assert person.session_key() != before
    assert person.get("/api/notes/").status_code == 401
    assert person.get(LIST).status_code == 200


def test_logging_out_of_the_admin_ends_both(person: Person, auditor: User) -> None:
    """The safe choice on a shared machine."""
    person.client.force_login(auditor)
    person.log_in()
    person.post("/admin/logout/", {})
    assert person.get("/api/notes/").status_code == 401
    assert person.get(LIST).status_code == 302


def test_an_admin_session_is_not_a_login_at_the_api(person: Person, auditor: User) -> None:
    person.client.force_login(auditor)
    assert person.get("/api/private-scope").status_code == 401
    assert DelegatedAccess.objects.count() == 0


def test_a_users_token_does_not_open_the_admin(person: Person, issuer: Issuer, auditor: User) -> None:
    person.log_in(issuer.token(sub=auditor.username))
    assert person.get(LIST).status_code == 302


def test_a_logout_ends_the_session_and_a_link_does_not(person: Person) -> None:
    person.log_in()
    key = person.session_key()
    assert "Log out?" in person.get("/logout").content.decode()
    assert person.client.post("/logout").status_code == 403  # no form of ours
    assert person.get("/api/notes/").status_code == 200
    page = person.client.get(person.post("/logout", {})["Location"]).content.decode()
    assert "You are logged out here" in page
    assert person.issuer.url.split("/")[2] in page  # where the login goes on
    assert not Session.objects.filter(session_key=key).exists()
    thief = Client()
    thief.cookies["api_session"] = key
    assert thief.get("/api/notes/").status_code == 401


def test_the_tenants_logout_is_linked_if_its_metadata_names_it(person: Person, issuer: Issuer) -> None:
    """OpenID Connect RP-Initiated Logout §2.1."""
    import json

    path = "/.well-known/openid-configuration"
    document = {**issuer.documents()[path], "end_session_endpoint": f"{issuer.url}oidc/logout"}
    issuer.answers[path] = (200, json.dumps(document).encode())
    assert f'href="{issuer.url}oidc/logout?client_id=pages"' in person.get("/logout").content.decode()
