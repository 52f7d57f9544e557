"""A server of our own leaves connections and caches as Django would between requests."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from on_behalf_of.serving import between_requests
from on_behalf_of.serving.flat_handler import FlatHandler
from tests.on_behalf_of.serving.test_flat_handler import asked

SIGNALS = (request_started, request_finished, connection_created)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["Django's", "ours"])
def handler(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WSGIHandler]:
    monkeypatch.setattr(between_requests, "_is_ours", False)
    kept = [(signal, list(signal.receivers)) for signal in SIGNALS]
    settings.MIDDLEWARE, settings.ROOT_URLCONF = [], "tests.on_behalf_of.serving.test_flat_handler"
    if request.param == "ours":
        between_requests.take_over()
    yield FlatHandler() if request.param == "ours" else WSGIHandler()
    for signal, receivers in kept:
        signal.receivers = receivers


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Closings of the connection; really closing it would end the tests' database, which is in memory."""
    closings: list[bool] = []
    monkeypatch.setattr(connections["default"], "close", lambda: closings.append(True))
    connections["default"].close_at = None
    return closings


def test_a_connection_is_closed_at_its_age(handler: WSGIHandler, closed: list[bool]) -> None:
    asked(handler, {"PATH_INFO": "/here"})
    assert not closed
    connections["default"].close_at = time.monotonic()
    asked(handler, {"PATH_INFO": "/here"})
    assert closed == [True, True]  # an old one before the request; the tests' is still there afterwards


@pytest.mark.parametrize("is_usable", [True, False])
def test_a_connection_that_failed_is_examined(
    handler: WSGIHandler, closed: list[bool], monkeypatch: pytest.MonkeyPatch, is_usable: bool
) -> None:
    connections["default"].errors_occurred = True
    monkeypatch.setattr(connections["default"], "is_usable", lambda: is_usable)
    asked(handler, {"PATH_INFO": "/here"})
    assert bool(closed) is not is_usable
    connections["default"].errors_occurred = False


def test_a_connection_that_a_request_leaves_without_autocommit_is_closed(
    handler: WSGIHandler, closed: list[bool]
) -> None:
    def receiver(**_about: Any) -> None:
        connections["default"].set_autocommit(False)

    request_started.connect(receiver)
    asked(handler, {"PATH_INFO": "/here"})
    connections["default"].set_autocommit(True)
    assert closed


def test_queries_of_earlier_requests_are_forgotten(handler: WSGIHandler) -> None:
    connection.queries_log.append({"sql": "SELECT 1"})
    asked(handler, {"PATH_INFO": "/here"})
    assert not connection.queries_log


def test_caches_are_closed(handler: WSGIHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    monkeypatch.setattr(type(caches["default"]), "close", lambda *_self, **_about: closed.append(True))
    asked(handler, {"PATH_INFO": "/here"})
    assert closed == [True]


def test_a_projects_own_receivers_are_called(handler: WSGIHandler) -> None:
    told = []

    def receiver(**about: Any) -> None:
        told.append("environ" in about)

    for signal in (request_started, request_finished):
        signal.connect(receiver)
    asked(handler, {"PATH_INFO": "/here"})
    assert told == [True, False]


def test_a_urlconf_that_middleware_chose_serves_one_request_only(handler: WSGIHandler, settings: Any) -> None:
    settings.MIDDLEWARE = [f"{__name__}.ElsewhereMiddleware"]
    handler.load_middleware()
    for _ in range(2):
        assert asked(handler, {"PATH_INFO": "/here"})[2] == b"the view"
        assert asked(handler, {"PATH_INFO": "/elsewhere", "HTTP_X_ELSEWHERE": "1"})[2] == b"/elsewhere"
    assert asked(handler, {"PATH_INFO": "/elsewhere"})[0].startswith("404")


class ElsewhereMiddleware(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        if "HTTP_X_ELSEWHERE" in request.META:
            request.urlconf = "tests.on_behalf_of.serving.elsewhere"
