"""Every page of every service: no serious accessibility problem, no console message, and no horizontal scrolling."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests
from playwright.sync_api import Browser, Page

from config.environment import BASE_DIR
from tests.browser import log_in
from tests.services.pages.examining import examine, tab
from tests.services.pages.table import NOT_PAGES, PAGES, Visit, Who
from tests.services.running import Running

STAFF = ("admin", "admin")
SCOPES = {Who.PERSON: "read:private write:private", Who.READER: "read:private", Who.WRITER: "write:private"}


@pytest.fixture(scope="module")
def names(services: Running) -> dict[str, str]:
    """Create what the pages show, and return the values for the table's placeholders."""
    token = services.subject_token("auth0|local-admin")
    services.answer("greet", token)
    note = services.answer("add_note", token, title="Milk", body="Two bottles.")
    headers = {"Authorization": f"Bearer {_token(services, 'openid')}"}
    assert requests.get(f"{services.api}/api/private-scope", headers=headers, timeout=30).status_code == 403

    def first(table: str, where: str) -> str:
        return str(services.rows(f"SELECT id FROM {table} WHERE {where}")[0]["id"])

    return {
        "bridge": services.bridge,
        "token": _token(services, "read:private"),
        "note": str(note["id"]),
        "allowed": first("obo_audit_delegatedaccess", "decision = 'allowed'"),
        "refused": first("obo_audit_delegatedaccess", "decision = 'refused'"),
        "tenant_user": first("local_tenant_tenantuser", "email = 'admin@example.com'"),
        "client": first("oauth2_provider_application", "client_id = 'local-mcp-bridge'"),
        "staff": first("auth_user", "username = 'admin'"),
    }


def _token(services: Running, scope: str) -> str:
    """Return a delegated token for the API."""
    act = {"sub": "local-mcp-bridge", "act": {"sub": "inspector"}}
    return services.subject_token(
        "auth0|local-admin", scope, aud=f"{services.api}/", client_id="local-mcp-bridge", act=act
    )


Tabs = dict[Who, tuple[Page, list[str]]]


@pytest.fixture(scope="module")
def tabs(browser: Browser, services: Running, names: dict[str, str]) -> Iterator[Tabs]:
    with ExitStack() as stack:
        tabs: Tabs = {}
        for who in Who:
            complaints: list[str] = []
            tabs[who] = (stack.enter_context(tab(browser, complaints)), complaints)
        for base in (services.api, services.issuer):
            _log_in(tabs[Who.STAFF][0], f"{base}/admin/login/", "Username", *STAFF)
        _log_in(tabs[Who.USER][0], f"{services.issuer}/login", "E-mail", "admin@example.com", "admin-demo")
        for who, scope in SCOPES.items():
            page = tabs[who][0]
            page.goto(f"{services.api}/login")
            page.get_by_label("Access token").fill(_token(services, scope))
            page.get_by_role("button", name="Use this token").click()
            page.wait_for_url(f"{services.api}/login/token")
        yield tabs


def _log_in(page: Page, url: str, label: str, name: str, password: str) -> None:
    page.goto(url)
    log_in(page, page.get_by_label(label), as_=name, password=password)


@pytest.mark.axe
@pytest.mark.browser
@pytest.mark.parametrize("service", PAGES)
def test_every_page_is_accessible(service: str, tabs: Tabs, services: Running, names: dict[str, str]) -> None:
    base = {"api": services.api, "tenant": services.issuer, "bridge": services.bridge}[service]
    wrong = {}
    for number, visit in enumerate(PAGES[service]):
        page, complaints = tabs[visit.who]
        complaints.clear()
        address = visit.address.format(**names)
        response = page.goto(base + address)
        assert response is not None
        for label, value in visit.fill:
            page.get_by_label(label).first.fill(value.format(**names))
        if visit.press:
            with page.expect_navigation():
                page.get_by_role("button", name=visit.press).first.click()
        if visit.unfold:
            page.locator(visit.unfold).click()
        page.locator(visit.until).first.wait_for()
        if found := [*_answer_is_wrong(visit, response.status, page), *examine(page, number), *complaints]:
            wrong[f"{address} for {visit.who} {visit.press}{visit.unfold}"] = found
    assert wrong == {}, json.dumps(wrong, indent=1)


def _answer_is_wrong(visit: Visit, status: int, page: Page) -> list[str]:
    if status != visit.status:
        return [f"status {status}"]
    return [] if page.title() and page.get_attribute("html", "lang") else ["no title, or no language"]


def test_no_route_is_forgotten(services: Running) -> None:
    """Each new route must be in the table: as a page, which is then examined, or as another route, with the reason."""
    environment = os.environ | services.environment
    processes = {
        service: subprocess.Popen(
            [sys.executable, "-m", "tests.services.pages.routes"],
            cwd=BASE_DIR,
            env=environment | {"DJANGO_SETTINGS_MODULE": f"config.{service}.settings"},
            stdout=subprocess.PIPE,
        )
        for service in PAGES
    }
    for service, process in processes.items():
        routes = set(json.loads(process.communicate()[0]))
        pages, others = {visit.route for visit in PAGES[service]}, set(NOT_PAGES[service])
        assert routes - pages - others == set(), "neither visited nor named as no page"
        assert (pages | others) - routes == set(), "there is no such route any more"
        assert pages & others == set(), "either a page or none"
