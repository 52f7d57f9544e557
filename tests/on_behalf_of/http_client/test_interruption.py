"""A cancelled request ends at once, whatever it is waiting for, and does not affect others."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from on_behalf_of.http_client.http_client import UpstreamHttp, UpstreamInterrupted, UpstreamResponse
from on_behalf_of.http_client.interruption import Interruption
from tests.on_behalf_of.http_client.loopback import Conversation, answering, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LONG = 60.0  # seconds: no test may wait for its deadline
SOON = 30.0  # seconds that a busy machine may take


@contextmanager
def asking(url: str, interruption: Interruption) -> Iterator[Future[UpstreamResponse]]:
    with ThreadPoolExecutor(1) as pool:
        http = UpstreamHttp(timeout=LONG)
        yield pool.submit(http.request, "GET", url, interruption=interruption)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_a_request_in_flight_ends_and_its_connection_is_closed(sent: bytes) -> None:
    was_asked = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.request()
        conversation.send(sent)
        was_asked.set()
        while conversation.request():
            pass

    interruption = Interruption()
    with serving(script) as server, asking(server.url, interruption) as answer:
        assert was_asked.wait(SOON)
        interruption.interrupt()
        with pytest.raises(UpstreamInterrupted):
            answer.result(SOON)
        assert server.ended.acquire(timeout=SOON)


def test_an_attempt_to_connect_ends() -> None:
    with socket.socket() as full:  # its backlog is, so that whoever connects waits
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            interruption = Interruption()
            with asking(f"http://127.0.0.1:{full.getsockname()[1]}/", interruption) as answer:
                _until(lambda: bool(interruption._wakes))
                interruption.interrupt()
                with pytest.raises(UpstreamInterrupted):
                    answer.result(SOON)


def test_an_interruption_before_the_request_ends_it_too() -> None:
    interruption = Interruption()
    interruption.interrupt()
    with serving(answering(OK)) as server, asking(server.url, interruption) as answer:
        assert isinstance(answer.exception(SOON), UpstreamInterrupted)


def test_the_next_request_of_the_same_session_is_answered() -> None:
    http, interruption = UpstreamHttp(timeout=LONG), Interruption()
    with serving(answering(OK, OK, OK)) as server:
        assert http.request("GET", server.url, interruption=interruption).status == 200
        interruption.interrupt()  # its connection is in the pool by now, and no longer its own
        with pytest.raises(UpstreamInterrupted):
            http.request("GET", server.url, interruption=interruption)
        assert http.request("GET", server.url).status == 200


def test_a_waiter_is_woken_once_and_only_within_its_context() -> None:
    interruption, woken = Interruption(), []
    with interruption.waking(lambda: woken.append("before")):
        pass
    with interruption.waking(lambda: woken.append("within")):
        interruption.interrupt()
        interruption.interrupt()
    with interruption.waking(lambda: woken.append("after")):
        assert woken == ["within", "after"]


def _until(condition: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(1_000):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("it did not come to that")
