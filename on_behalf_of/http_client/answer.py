"""Read the answer to a request (RFC 9112).

A plain answer is read here: HTTP/1.1, its whole head in one piece, one Content-Length, no encoding. All others, and all
that are malformed, are left to the standard library's http.client and to urllib3, together with the bytes read so far.
Both read a plain answer in the same way (a test compares them), but with ten times the work.
"""

import io
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from on_behalf_of.http_client.http_exchange_deadline import SocketDeadline

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc has it since Python 3.12

AT_ONCE = 65_536  # bytes
MOST_HEADERS = 100  # http.client's limit
_BODILESS = frozenset({"204", "304"})  # RFC 9112 §6.3
_PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e]*)?\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e]*\r\n)*)\r\n"
)
_FIELD = re.compile(r"([^:]+):[\t ]*([^\r]*)\r\n")  # in such a head
_LENGTH = re.compile(r"[0-9]{1,9}")

T = TypeVar("T")


class BrokenOff(Exception):
    """The answer ended before its time, or its encoding is broken."""


class TooLong(Exception):
    """The answer is longer than allowed."""


class Headers(Mapping[str, str]):
    """The fields of a head by name, in any case. Values of one name are joined (RFC 9110 §5.3)."""

    __slots__ = ("_values",)

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._values = {name.lower(): value for name, value in fields}
        if len(self._values) != len(fields):
            self._values = {}
            for name, value in fields:
                key = name.lower()
                self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def get(self, name: str, default: T = None, /) -> str | T:  # type: ignore[assignment]  # as Mapping's
        return self._values.get(name.lower(), default)  # Mapping's own would raise an error for each absent name

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Answer(NamedTuple):
    """An answer, read to its end."""

    status: int
    headers: Headers
    body: bytes
    is_last: bool  # the connection cannot be used again


def read_answer(sock: socket.socket, method: str, deadline: SocketDeadline, *, max_bytes: int) -> Answer:
    """Return the whole answer, decoded. `method` is that of the request.

    Raises TooLong, BrokenOff, TimeoutError, http.client.HTTPException for what is not HTTP, and other OSErrors.
    """
    deadline.limit(sock)
    received = sock.recv(AT_ONCE)
    answer = _plain_answer(sock, received, deadline, max_bytes) if method != "HEAD" else None
    return answer or _unusual_answer(sock, received, deadline, max_bytes, method)


def _plain_answer(sock: socket.socket, received: bytes, deadline: SocketDeadline, max_bytes: int) -> Answer | None:
    """Return the answer that begins with `received`; None, before reading any further, if it is not a plain one."""
    if not (head := _PLAIN_HEAD.match(received)):
        return None
    status, fields = head[1].decode(), _FIELD.findall(head[2].decode())
    headers = Headers(fields)
    length = headers.get("content-length", "0" if status in _BODILESS else "")
    connection = headers.get("connection", "keep-alive").lower()
    if (
        len(fields) > MOST_HEADERS
        or not _LENGTH.fullmatch(length)
        or not int(length) <= max_bytes
        or (status in _BODILESS and length != "0")
        or connection not in {"keep-alive", "close"}
        or "transfer-encoding" in headers
        or "content-encoding" in headers
    ):
        return None
    body = received[head.end() :]
    missing = int(length) - len(body)
    if missing > 0:
        body += _read(sock, missing, deadline)
    return Answer(int(status), headers, body[: int(length)], is_last=missing < 0 or connection == "close")


def _read(sock: socket.socket, missing: int, deadline: SocketDeadline) -> bytes:
    chunks = []
    while missing:
        deadline.limit(sock)
        try:
            chunk = sock.recv(min(missing, AT_ONCE))
        except (TimeoutError, ssl.SSLError):
            raise
        except OSError as error:
            raise BrokenOff from error
        if not chunk:
            raise BrokenOff
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def _unusual_answer(
    sock: socket.socket, received: bytes, deadline: SocketDeadline, max_bytes: int, method: str
) -> Answer:
    source = _Source(sock, received, deadline)
    with HTTPResponse(source, method=method) as answer:  # type: ignore[arg-type]  # it only calls makefile()
        answer.begin()
        headers = answer.getheaders()
        body = _decoded(answer, method, max_bytes)
        is_last = answer.will_close or not answer.isclosed() or not source.is_used_up
        return Answer(answer.status, Headers(headers), body, is_last)


def _decoded(answer: HTTPResponse, method: str, max_bytes: int) -> bytes:
    """Return the body without its encodings. It is not decoded any further than `max_bytes`."""
    from urllib3 import HTTPHeaderDict, exceptions  # large, and seldom needed
    from urllib3 import HTTPResponse as DecodedResponse

    chunks, total = [], 0
    try:
        decoded = DecodedResponse(
            answer,
            HTTPHeaderDict(answer.getheaders()),
            answer.status,
            preload_content=False,
            original_response=answer,
            request_method=method,
        )
        for chunk in decoded.stream(AT_ONCE):
            total += len(chunk)
            if total > max_bytes:
                raise TooLong
            chunks.append(chunk)
    except exceptions.TimeoutError as error:
        raise TimeoutError from error
    except exceptions.SSLError as error:
        raise ssl.SSLError from error
    except (exceptions.ProtocolError, exceptions.DecodeError) as error:
        raise BrokenOff from error
    except exceptions.HTTPError as error:  # such as two lengths that differ
        raise HTTPException from error
    return b"".join(chunks)


class _Source(io.BufferedReader):
    """What http.client reads: the bytes received so far, then those that the socket gives in the time that is left."""

    def __init__(self, sock: socket.socket, received: bytes, deadline: SocketDeadline) -> None:
        self._stream = _Stream(sock, received, deadline)
        super().__init__(self._stream)
        self.is_used_up = False  # known once http.client has closed it

    def makefile(self, _mode: str) -> io.BufferedReader:
        return self

    def close(self) -> None:
        if not self.closed:
            self._stream.reads_on = False
            self.is_used_up = not self.peek(1)
        super().close()


class _Stream(io.RawIOBase):
    def __init__(self, sock: socket.socket, received: bytes, deadline: SocketDeadline) -> None:
        self._sock, self._received, self._deadline = sock, received, deadline
        self.reads_on = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer).cast("B")
        if self._received:
            given = self._received[: len(view)]
            view[: len(given)] = given
            self._received = self._received[len(given) :]
            return len(given)
        if not self.reads_on:
            return 0
        self._deadline.limit(self._sock)
        return self._sock.recv_into(view)
