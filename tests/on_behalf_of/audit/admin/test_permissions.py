"""Who may do what with the audit log in the admin."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from on_behalf_of.audit.models import DelegatedAccess, LogOperation
from tests.on_behalf_of.audit.admin.conftest import DASHBOARD, LIST, MakeClient, MakeRow
from tests.on_behalf_of.audit.admin.pages import page

PAGES = (LIST, DASHBOARD, LIST + "{pk}/change/")
EXPORTS = (LIST + "export/csv/", LIST + "export/jsonl/")


@pytest.mark.parametrize("path", [*PAGES, *EXPORTS])
def test_anonymous_visitors_are_asked_to_log_in(client: Client, log: MakeRow, path: str) -> None:
    answer = client.get(path.format(pk=log().pk))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", [*PAGES, *EXPORTS])
def test_an_access_token_does_not_open_the_admin(client: Client, log: MakeRow, path: str) -> None:
    answer = client.get(path.format(pk=log().pk), headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 302


@pytest.mark.parametrize("path", [*PAGES, *EXPORTS])
def test_a_user_who_is_not_staff_only_reaches_the_login(client: Client, log: MakeRow, path: str) -> None:
    client.force_login(User.objects.create(username="tenant-user"))
    assert client.get(path.format(pk=log().pk)).status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_staff_without_the_permission_see_nothing(staff: MakeClient, log: MakeRow, path: str) -> None:
    assert staff().get(path.format(pk=log().pk)).status_code == 403


@pytest.mark.parametrize("path", EXPORTS)
@pytest.mark.parametrize("groups", [(), ("Auditors",)])
def test_only_exporters_export(staff: MakeClient, log: MakeRow, groups: tuple[str, ...], path: str) -> None:
    log()
    assert staff(*groups).post(path).status_code == 403
    assert not LogOperation.objects.exists()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("group", ["Auditors", "Audit exporters"])
def test_both_groups_read_everything(staff: MakeClient, log: MakeRow, group: str, path: str) -> None:
    assert staff(group).get(path.format(pk=log().pk)).status_code == 200


def test_only_exporters_are_offered_an_export(auditor: Client, exporter: Client, log: MakeRow) -> None:
    log()
    assert "Export as" not in page(auditor.get(LIST)).text
    assert "Export as CSV" in page(exporter.get(LIST)).text


def test_the_groups_permit_only_reading_and_exporting(db: None) -> None:
    held = {
        group.name: {
            permission.codename for permission in group.permissions.filter(content_type__app_label="obo_audit")
        }
        for group in Group.objects.all()
    }
    assert held["Auditors"] == {"view_delegatedaccess"}
    assert held["Audit exporters"] == {"view_delegatedaccess", "export_delegatedaccess"}
    assert all(
        name.startswith("view_")
        for name in Group.objects.get(name="Auditors").permissions.values_list("codename", flat=True)
    )


def test_an_auditor_sees_no_other_part_of_the_admin(auditor: Client, log: MakeRow) -> None:
    links = {attributes.get("href") for tag, attributes in page(auditor.get("/admin/")).elements if tag == "a"}
    assert "/admin/obo_audit/delegatedaccess/" in links
    assert not {"/admin/auth/user/", "/admin/auth/group/", "/admin/downstream_api/note/"} & links


def test_only_auditors_see_the_link_to_the_dashboard(auditor: Client, staff: MakeClient) -> None:
    assert f'href="{DASHBOARD}"' in auditor.get("/admin/").content.decode()
    assert f'href="{DASHBOARD}"' not in staff().get("/admin/").content.decode()


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_not_even_a_superuser_adds_or_deletes(staff: MakeClient, log: MakeRow, path: str) -> None:
    row, superuser = log(), staff(is_superuser=True)
    assert superuser.get(LIST + path.format(pk=row.pk)).status_code == 403
    assert superuser.post(LIST + path.format(pk=row.pk), {"post": "yes"}).status_code == 403
    assert DelegatedAccess.objects.count() == 1


def test_not_even_a_superuser_changes_a_row(staff: MakeClient, log: MakeRow) -> None:
    row = log()
    assert staff(is_superuser=True).post(f"{LIST}{row.pk}/change/", {"subject": "x"}).status_code == 405
    assert DelegatedAccess.objects.get().subject == row.subject


def test_there_are_no_bulk_actions(staff: MakeClient, log: MakeRow) -> None:
    row, superuser = log(), staff(is_superuser=True)
    answer = superuser.post(LIST, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert answer.status_code == 405
    assert DelegatedAccess.objects.count() == 1
    assert '<select name="action"' not in superuser.get(LIST).content.decode()


def test_an_export_needs_the_csrf_token(log: MakeRow) -> None:
    log()
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    assert client.post(EXPORTS[0]).status_code == 403
    assert not LogOperation.objects.exists()
