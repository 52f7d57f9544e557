"""Admin pages answer any address and any form data with a readable page."""

import os
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from model_bakery import baker
from pytest_django import Settings

from tests.on_behalf_of.serving.routes import paths

OF_THE_LIST = ("p", "o", "q", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters", "a", "before",
               "after", "span", "term", "next", "id", "id__in")  # fmt: skip
LOOKUPS = ("", "__exact", "__in", "__isnull", "__gte", "__lt", "__range", "__year", "__date", "__icontains",
           "__id__exact", "__regex", "__nothing")  # fmt: skip
NUMBER = "9" * 30
ROUNDS = 20 if os.environ.get("LONG_TESTS") == "1" else 1  # an example asks for dozens of pages
HOSTILE = ("%00", "a%00b", NUMBER, f"-{NUMBER}", f"1,{NUMBER}", "%ED%A0%80", "%FF%FE", "%", "%ZZ", "x" * 5_000,
           "1e999", "NaN", "9999-12-31", "0000-00-00", "999999", "-1", "0.0.0", "'\"", "..", "",
           "+".join("a" * 2_000))  # fmt: skip
NOT_SHOWN = {
    "api": ("/admin/local_tenant/", "/admin/oauth2_provider/"),
    "tenant": ("/admin/downstream_api/", "/admin/obo_audit/", "/admin/obo_mcp/"),
}
values = st.sampled_from(HOSTILE) | st.text(max_size=40).map(lambda text: quote(text.encode("utf-8", "surrogatepass")))


@pytest.fixture
def database(db: None) -> None:
    """The database for the rows; test_hostile_admin_addresses_on_postgresql.py overrides this fixture."""


@pytest.fixture(params=["api", "tenant"])
def service(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.ROOT_URLCONF = f"config.{request.param}.urls"
    settings.WHITENOISE_AUTOREFRESH = True  # no walk through all static files for each new Client
    import_module(settings.ROOT_URLCONF)  # registers
    return str(request.param)


@pytest.fixture
def superuser(database: None, service: str) -> Client:
    http = Client(raise_request_exception=False, headers={"Accept": "text/html,*/*;q=0.8"})
    user: User = baker.make(User, is_staff=True, is_superuser=True)
    http.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return http


def lists(service: str) -> dict[str, Any]:
    """Return the admin of each model that this service shows, by the path of its list."""
    every = {f"/admin/{m._meta.app_label}/{m._meta.model_name}/": a for m, a in admin.site._registry.items()}
    return {path: each for path, each in every.items() if not path.startswith(NOT_SHOWN[service])}


def parameters(of: Any) -> list[str]:
    """Return the parameters that a list's URL may hold: Django's own, and each field with each lookup."""
    filters = [each for each in of.list_filter if isinstance(each, str)]
    fields = [*filters, *(field.name for field in of.model._meta.get_fields())]
    return [*OF_THE_LIST, *(name + lookup for name in dict.fromkeys(fields) for lookup in LOOKUPS)]


def assert_readable(http: Client, address: str, **form: Any) -> None:
    with transaction.atomic():  # PostgreSQL takes nothing more in a transaction that failed
        answer = http.post(address, form) if form else http.get(address)
        transaction.set_rollback(True)
    assert answer.status_code in {200, 301, 302, 400, 403, 404, 405}, (address, form, answer.status_code)
    if answer.status_code == 400:
        assert "<h1" in answer.content.decode()


def test_each_filter_survives_a_nul_and_a_number_of_thirty_digits(service: str, superuser: Client) -> None:
    for path, of in lists(service).items():
        for name in of.list_filter:
            for value in ("%00", NUMBER, "%FF"):
                assert_readable(superuser, f"{path}?{name}={value}")
                assert_readable(superuser, f"{path}?{name}__exact={value}&e=1")


def test_a_range_with_a_wrong_number_of_ends_gets_an_answer(service: str, superuser: Client) -> None:
    for path, of in lists(service).items():
        for field in of.model._meta.get_fields():
            for ends in ("0", "0,1,2", ""):
                assert_readable(superuser, f"{path}?{field.name}__range={ends}")


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30 * ROUNDS)
@given(data=st.data())
def test_any_url_of_a_list_gets_an_answer(service: str, superuser: Client, data: st.DataObject) -> None:
    path, of = data.draw(st.sampled_from(sorted(lists(service).items(), key=lambda each: each[0])))
    asked = data.draw(st.lists(st.tuples(st.sampled_from(parameters(of)), values), min_size=1, max_size=3))
    assert_readable(superuser, f"{path}?" + "&".join(f"{name}={value}" for name, value in asked))


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8 * ROUNDS)
@example(number="%00", value="%00")
@example(number=NUMBER, value=NUMBER)
@example(number=NUMBER, value="")
@given(number=values.filter(lambda text: 0 < len(text) < 1_000), value=values)
def test_any_id_and_parameter_of_any_page_gets_an_answer(
    service: str, superuser: Client, number: str, value: str
) -> None:
    query = "&".join(
        f"{name}={value}" for name in ("_to_field", "_popup", "_changelist_filters", "next", "span", "term")
    )
    for path in paths(service):
        if path.startswith("/admin/") and "/1/" in path and not path.startswith(NOT_SHOWN[service]):
            assert_readable(superuser, f"{path.replace('/1/', f'/{number}/')}?{query}")
    for name in ("add/", ""):
        path = sorted(lists(service))[len(value) % len(lists(service))]
        assert_readable(superuser, f"{path}{name}?{query}")
    assert_readable(superuser, f"/admin/autocomplete/?app_label=auth&model_name=group&field_name={value}&term={value}")


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5 * ROUNDS)
@example(value="\0")
@example(value=NUMBER)
@given(value=st.text(max_size=40))
def test_any_form_of_an_admin_gets_an_answer(service: str, superuser: Client, value: str) -> None:
    for path, of in lists(service).items():
        fields = {field.name: value for field in of.model._meta.fields}
        for prefix in ("form", "permissions", "memberships", "profile", "membership_set", "permission_set"):
            fields |= {f"{prefix}-TOTAL_FORMS": value, f"{prefix}-INITIAL_FORMS": value, f"{prefix}-0-id": value}
        assert_readable(superuser, f"{path}add/", **fields)
        actions = {"action": "delete_selected", "_selected_action": value, "index": value, "select_across": value}
        assert_readable(superuser, path, **actions)
        assert_readable(superuser, path, **actions, post="yes")


def test_a_refused_url_gets_a_reason(service: str, superuser: Client) -> None:
    path = {"api": "/admin/obo_mcp/toolcall/", "tenant": "/admin/local_tenant/api/"}[service]
    page = superuser.get(f"{path}?q=a%00b")
    assert page.status_code == 400
    assert "The query parameter q contains the character NUL" in page.content.decode()
    led = superuser.get(f"{path}?id__exact={NUMBER}", follow=True)
    assert led.status_code in {200, 400}
