"""An extra or missing final slash loses nothing: at every route, for every method, with DEBUG on or off."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from model_bakery import baker
from pytest_django import Settings

from on_behalf_of.serving.middleware import PROBES
from tests.on_behalf_of.serving.routes import SERVICES, paths

UNSAFE = ("POST", "DELETE", "OPTIONS")  # others are like these, but where the API takes them
OF_THE_API = ("GET", "HEAD", "PUT", "PATCH", *UNSAFE)
NOT_OF_THE_BRIDGE = ("on_behalf_of.serving.page_middleware.", "django.middleware.csrf.", "on_behalf_of.drf.")


def other_spelling(path: str) -> str:
    return path.removesuffix("/") if path.endswith("/") else f"{path}/"


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def _debug(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.DEBUG = request.param


@pytest.fixture
def http(settings: Settings) -> Client:
    settings.WHITENOISE_AUTOREFRESH = True  # no walk through all static files for each new Client
    return Client(raise_request_exception=False)


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Use a service's routes and middleware. Return its name."""
    settings.ROOT_URLCONF = f"config.{request.param}.urls"
    if request.param == "bridge":
        settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not each.startswith(NOT_OF_THE_BRIDGE)]
    return str(request.param)


@pytest.fixture
def administrator(db: None) -> User:
    user: User = baker.make(User, is_staff=True, is_superuser=True)
    return user


@pytest.mark.usefixtures("_debug")
def test_every_route_answers_the_same_at_both_spellings(service: str, http: Client, administrator: User) -> None:
    every = [path for path in paths(service) if path != "/"]
    assert len(every) >= {"api": 30, "tenant": 60, "bridge": 2}[service]
    different = {}
    for path in every:
        for method in OF_THE_API if path.startswith("/api/") else UNSAFE:
            answers = []
            for spelling in (path, other_spelling(path)):
                if service != "bridge" and method == "POST":  # again each time, for some of them log out
                    http.force_login(administrator, backend="django.contrib.auth.backends.ModelBackend")
                answer = http.generic(method, spelling)
                answers.append((answer.status_code, answer.headers.get("Location")))
            if answers[0] != answers[1] or answers[0][0] in {301, 308}:
                different[f"{method} {path}"] = answers
    assert different == {}


@pytest.mark.usefixtures("_debug")
def test_a_page_redirects_to_its_canonical_address_with_its_query(service: str, http: Client) -> None:
    every = set(paths(service))
    for path in every:
        # Some addresses have a route at either spelling, such as the bridge's metadata.
        if path != "/" and not path.startswith("/api/") and other_spelling(path) not in every:
            answer = http.get(f"{other_spelling(path)}?a=%2Fb&c")
            assert (answer.status_code, answer.headers.get("Location")) == (301, f"{path}?a=%2Fb&c")


@pytest.mark.parametrize("method", UNSAFE)
def test_unsafe_requests_over_http_are_refused_and_not_redirected(
    service: str, method: str, http: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for path in paths(service):
        if path in PROBES:  # they know nothing of https
            continue
        answer = http.generic(method, f"{path}?a=b")
        assert answer.status_code == 403, path
        assert f"https://testserver{path}?a=b." in answer.json()["detail"]
        assert "nothing was done" in answer.json()["detail"]
        assert http.get(path).headers["Location"] == f"https://testserver{path}"
    browser = http.generic(method, "/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert browser.headers["Content-Type"].startswith("text/html")
