"""The handler that calls middleware one after another does what Django's own does, for any middleware and request."""

import gc
import os
import re
import sys
import weakref
from collections.abc import Callable, Iterator
from io import BytesIO
from types import FrameType
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.handlers.wsgi import WSGIHandler
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.test import override_settings
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.serving.flat_handler import FlatHandler
from tests.issuer import Issuer
from tests.on_behalf_of.drf.conftest import issuer
from tests.rooms import trust

__all__ = ["issuer"]

ROUNDS = 2_000 if os.environ.get("LONG_TESTS") == "1" else 60
ERRORS = (Http404, PermissionDenied, SuspiciousOperation, ValueError)
Answer = tuple[str, list[tuple[str, str]], bytes]


def asked(handler: WSGIHandler, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = environ.get("body", b"")
    full = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        **environ,
        "wsgi.input": BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }

    def start_response(status: str, headers: list[tuple[str, str]], *_error: object) -> Callable[[bytes], object]:
        started.append((status, headers))
        return BytesIO().write

    answer = handler(full, start_response)
    try:
        content = b"".join(answer)
    finally:
        answer.close()
    return *started[-1], content


# Any middleware


class Story:
    """What the middlewares of one request do, by their numbers, and what they did."""

    plan: ClassVar[dict[tuple[int, str], str]] = {}
    told: ClassVar[list[str]] = []

    @classmethod
    def step(cls, number: int, name: str, response: HttpResponseBase | None = None) -> HttpResponseBase | None:
        does = cls.plan.get((number, name), "")
        cls.told.append(f"{number} {name} {response.status_code if response else ''}")
        if does.startswith("raise"):
            raise ERRORS[int(does[-1])](f"{number} {name}")
        if does == "answer":
            return HttpResponse(f"{number} {name}", status=299)
        if response is not None:
            response.headers[f"X-{number}"] = name
        return response


class Plain(MiddlewareMixin):
    number = 0

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        return Story.step(self.number, "request")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase | None:
        return Story.step(self.number, "response", response)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        return Story.step(self.number, "view")

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return Story.step(self.number, "exception")


class OnlyRequests(MiddlewareMixin):
    number = 0

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        return Story.step(self.number, "request")


class OnlyResponses(MiddlewareMixin):
    number = 0

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase | None:
        return Story.step(self.number, "response", response)


class Around:
    number = 0

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase | None:
        answer = Story.step(self.number, "request") or self.get_response(request)
        return Story.step(self.number, "response", answer)


class Overriding(Plain):
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        Story.step(self.number, "call")
        return super().__call__(request)  # type: ignore[return-value]


class Hiding(Around):
    """Keeps what it calls under another name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.inside = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase | None:
        return Story.step(self.number, "response", self.inside(request))


def function(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def call(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    return call


KINDS = {each.__name__: each for each in (Plain, OnlyRequests, OnlyResponses, Around, Overriding, Hiding)}
MOST = 6
for _kind in KINDS.values():
    for _number in range(MOST):  # importable by name, as Django asks
        globals()[f"{_kind.__name__}{_number}"] = type(f"{_kind.__name__}{_number}", (_kind,), {"number": _number})


def view(request: HttpRequest) -> HttpResponseBase | None:
    return Story.step(MOST, "view", HttpResponse("the view"))


urlpatterns = [path("here", view)]  # type: ignore[arg-type] # some plans make it return nothing

deeds = st.sampled_from(["", "", "", "answer", *(f"raise{number}" for number in range(len(ERRORS)))])
plans = st.dictionaries(
    st.tuples(st.integers(0, MOST), st.sampled_from(["request", "response", "view", "exception"])), deeds, max_size=5
)
pytestmark = pytest.mark.django_db
chains = st.lists(st.sampled_from([*KINDS, "function"]), max_size=MOST)


@given(kinds=chains, plan=plans, address=st.sampled_from(["/here", "/nowhere"]))
@settings(max_examples=ROUNDS, deadline=None)
def test_any_middleware_sees_and_returns_what_it_would_in_djangos_chain(
    kinds: list[str], plan: dict[tuple[int, str], str], address: str
) -> None:
    names = [f"{__name__}.{kind}{'' if kind == 'function' else number}" for number, kind in enumerate(kinds)]
    Story.plan = plan
    outcomes = []
    with override_settings(MIDDLEWARE=names, ROOT_URLCONF=__name__, DEBUG=False):
        for handler in (WSGIHandler(), FlatHandler()):
            Story.told = []
            outcomes.append((asked(handler, {"PATH_INFO": address}), Story.told))
    assert outcomes[0] == outcomes[1]


def test_middlewares_that_follow_one_another_are_not_called_inside_each_other() -> None:
    depths = []

    def deep(_request: HttpRequest) -> HttpResponse:
        depths.append(len(list(_frames())))
        return HttpResponse()

    names = [f"{__name__}.Plain{number}" for number in range(MOST)]
    Story.plan = {}
    global urlpatterns  # noqa: PLW0603 - the URLconf is this module
    before, urlpatterns = urlpatterns, [path("deep", deep)]
    try:
        with override_settings(MIDDLEWARE=names, ROOT_URLCONF=__name__):
            for handler in (WSGIHandler(), FlatHandler()):
                asked(handler, {"PATH_INFO": "/deep"})
    finally:
        urlpatterns = before
    nested, flat = depths
    assert nested - flat >= 2 * (MOST - 1)


def _frames() -> Iterator[object]:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


# The project's own middleware

TITLES = st.sampled_from([b"", b'{"title": "Milk"}', b'{"title": 1}', b"{", b"title=Milk", b"\xff"])
PATHS = (
    *("/", "/api/private-scope", "/api/private-scope/", "/api/public", "/api/notes", "/api/notes/", "/api/notes/1/"),
    *("/api/notes/a", "/api/nothing", "/api//notes", "/healthz", "/healthz/", "/docs", "/openapi.json", "/explain"),
    *("/admin/", "/admin", "/admin/login/", "/static/no.css", "/api/\0", "//x"),
)
METHODS = ("GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
HEADERS = {
    "HTTP_HOST": ("127.0.0.1:8000", "localhost", "evil.example", "LOCALHOST:1", "a b", "127.0.0.1"),
    "HTTP_AUTHORIZATION": ("good", "poor", "expired", "Bearer x", "Basic YTpi", "Bearer", "bearer a, b"),
    "HTTP_COOKIE": ("", "sessionid=x", "csrftoken=y", "a=b; sessionid=", "\xff"),
    "HTTP_ACCEPT": ("application/json", "*/*", "text/html", "text/html;q=0.9, */*", "image/png", "", "x"),
    "CONTENT_TYPE": ("application/json", "application/x-www-form-urlencoded", "text/plain", ""),
    "QUERY_STRING": ("", "a=b", "access_token=x", "page=2", "page=x", "%00=1", "a=%00", "page_size=1&&"),
    "HTTP_TRACEPARENT": (f"00-{'1' * 32}-{'2' * 16}-01", "x"),
    "HTTP_X_FORWARDED_FOR": ("198.51.100.4", "198.51.100.4, 203.0.113.9", "x"),
    "HTTP_X_FORWARDED_PROTO": ("https", "http"),
    "HTTP_X_FORWARDED_HOST": ("other.example",),
    "HTTP_USER_AGENT": ("curl", "Badbot"),
}
REQUESTS = st.fixed_dictionaries(
    {"REQUEST_METHOD": st.sampled_from(METHODS), "PATH_INFO": st.sampled_from(PATHS), "body": TITLES},
    optional={name: st.sampled_from(values) for name, values in HEADERS.items()},
)
CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "SECURE_SSL_REDIRECT": st.booleans(),
        "SECURE_HSTS_SECONDS": st.sampled_from([0, 60]),
        "TRUSTED_PROXIES": st.just(("192.0.2.7/32",)),
        "USE_X_FORWARDED_HOST": st.booleans(),
        "ALLOWED_HOSTS": st.sampled_from([["*"], ["127.0.0.1", "localhost"], [".example"]]),
        "DEBUG": st.booleans(),
        "APPEND_SLASH": st.booleans(),
        "DISALLOWED_USER_AGENTS": st.just([re.compile("Badbot")]),
    },
)
# Values that are new in each answer: ids of requests and traces, nonces, CSRF tokens, and times.
NEW_EACH_TIME = re.compile(
    r"\b[0-9a-f]{32}\b|\b[0-9a-f-]{36}\b|nonce-[\w+/=]+|nonce=\"[^\"]+\"|[A-Za-z0-9]{64}|[A-Za-z0-9]{32}|\d\d:\d\d(:\d\d)?"
    r"|\d{4}-\d\d-\d\dT[\d:.]+Z|0\.\d+ seconds"
)
NOT_COMPARED = ("id", "time", "request_id", "trace_id", "digest", "duration_ms", "path")


def _masked(answer: Answer) -> Answer:
    status, headers, body = answer
    text = NEW_EACH_TIME.sub("…", body.decode())
    return status, [(name, NEW_EACH_TIME.sub("…", value)) for name, value in headers], text.encode()


@pytest.fixture(scope="module")
def tokens() -> dict[str, Callable[[Issuer], str]]:
    return {
        "good": lambda issuer: issuer.delegated_token(scope="read:private write:private"),
        "poor": lambda issuer: issuer.delegated_token(scope="other"),
        "expired": lambda issuer: issuer.delegated_token(exp=1),
    }


@pytest.fixture
def trusted(issuer: Issuer, request: pytest.FixtureRequest) -> Issuer:
    trust(request.getfixturevalue("settings"), issuer)
    return issuer


@given(request=REQUESTS, changed=CONFIGURATIONS)
@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_answered_and_recorded_as_by_djangos_chain(
    trusted: Issuer, tokens: dict[str, Callable[[Issuer], str]], request: dict[str, Any], changed: dict[str, Any]
) -> None:
    make = tokens.get(request.get("HTTP_AUTHORIZATION", ""))
    environ = request | ({"HTTP_AUTHORIZATION": f"Bearer {make(trusted)}"} if make else {})
    with override_settings(**changed):
        djangos, ours = ([_outcome(handler, environ) for _ in range(2)] for handler in (WSGIHandler(), FlatHandler()))
    assert djangos == ours  # the second time, what was remembered is used


def _outcome(handler: WSGIHandler, environ: dict[str, Any]) -> tuple[Answer, list[dict[str, Any]]]:
    """Return the answer, and the rows that the call left."""
    first = DelegatedAccess.objects.count()
    answer = _masked(asked(handler, environ))
    rows = DelegatedAccess.objects.order_by("id").values()[first:]
    return answer, [{name: value for name, value in row.items() if name not in NOT_COMPARED} for row in rows]


# With the status, and how many rows the call leaves. None that makes a serializer, whose fields refer to it.
CALLS = {
    "accepted": ({"PATH_INFO": "/api/private-scope", "HTTP_AUTHORIZATION": "good"}, 200, 1),
    "refused for its scope": ({"PATH_INFO": "/api/private-scope", "HTTP_AUTHORIZATION": "poor"}, 403, 1),
    "refused for its token": ({"PATH_INFO": "/api/private-scope", "HTTP_AUTHORIZATION": "expired"}, 401, 0),
    "without a token": ({"PATH_INFO": "/api/private-scope"}, 401, 0),
    "public": ({"PATH_INFO": "/api/public"}, 200, 0),
    "a missing note": ({"PATH_INFO": f"/api/notes/{uuid4()}/", "HTTP_AUTHORIZATION": "good"}, 404, 1),
    "a path without a route": ({"PATH_INFO": "/api/nothing", "HTTP_AUTHORIZATION": "good"}, 404, 0),
    "not allowed": ({"PATH_INFO": "/api/public", "REQUEST_METHOD": "PUT"}, 405, 0),
}


@pytest.mark.parametrize(("call", "status", "rows"), CALLS.values(), ids=CALLS)
def test_a_call_leaves_its_row_and_nothing_to_the_garbage_collector(
    trusted: Issuer, tokens: dict[str, Callable[[Issuer], str]], call: dict[str, str], status: int, rows: int
) -> None:
    """Freed at once, a call's objects cost a fifth less, and no later call waits while they are looked for."""
    make = tokens.get(call.get("HTTP_AUTHORIZATION", ""))
    environ = {"HTTP_HOST": "127.0.0.1", **call} | ({"HTTP_AUTHORIZATION": f"Bearer {make(trusted)}"} if make else {})
    handler = Remembering()
    for _ in range(2):  # the first time, things are loaded
        answer, left = _outcome(handler, environ)
        assert (int(answer[0][:3]), len(left)) == (status, rows)
        assert (answer, left) == _outcome(WSGIHandler(), environ)
    gc.disable()  # other threads make garbage too, so it is not counted
    try:
        handler.seen.clear()
        asked(handler, environ)
        assert [each() for each in handler.seen] == [None, None]
    finally:
        gc.enable()


class Remembering(FlatHandler):
    """Remembers what it served, without keeping it."""

    def __init__(self) -> None:
        self.seen: list[weakref.ref[object]] = []
        super().__init__()

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        self.seen += [weakref.ref(request), weakref.ref(response)]
        return response
