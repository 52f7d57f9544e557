"""The API client that a tool gets: JSON in, JSON out, on the caller's behalf. It never exposes a token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from on_behalf_of.exchange.kept_token import ExchangedToken
from on_behalf_of.exchange.token_exchange import TokenExchange
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import (
    UpstreamAnswerTooLarge,
    UpstreamError,
    UpstreamHttp,
    UpstreamInterrupted,
    UpstreamNotConnected,
    UpstreamResponse,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from on_behalf_of.http_client.retry import Repeat, Upstream, UpstreamDown
from on_behalf_of.mcp.api.api_path import check_path
from on_behalf_of.mcp.api.errors import ApiAnswerTooLong, ApiDown, ApiUnavailable, MalformedApiAnswer
from on_behalf_of.mcp.api.pages import MOST_PAGES, Items, Page, either_schema, list_schema, page_schema
from on_behalf_of.mcp.api.refusal import refusal
from on_behalf_of.mcp.json_schema import first_violation
from on_behalf_of.mcp.schema import ANY_OBJECT, Schema
from on_behalf_of.mcp.served_request import ServedRequest
from on_behalf_of.primitives import time_budget
from on_behalf_of.primitives.call_error import CallerGone
from on_behalf_of.primitives.span import Span
from on_behalf_of.primitives.strict_json import MalformedJson

Params = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    params: Params | None
    body: Any
    media_types: Mapping[str, str]


@dataclass(frozen=True)
class Downstream:
    """A client of the API for one call of one tool. Paths are the API's, such as "/api/notes/", never whole URLs.

    `get`, `post`, `put` and `patch` return the JSON object that the API answered ({} for 204), `get_list` an array of
    objects, and `get_value` JSON of any type (None for 204). `expect` is a JSON Schema for the answer, or for each item
    of a list; an answer that does not fit is a MalformedApiAnswer, so that tools can rely on its shape.

    All methods raise a ToolError: an ExchangeError if no token could be obtained, a DownstreamError if the API did not
    do what was asked, CallerGone once the client no longer waits for the answer.
    """

    base_url: str
    scope: tuple[str, ...]
    deadline: Deadline
    served: ServedRequest = field(repr=False)
    exchange: TokenExchange = field(repr=False)
    http: UpstreamHttp = field(repr=False)
    api: Upstream = field(repr=False)

    def get(
        self, path: str, *, params: Mapping[str, str] | None = None, expect: Schema | None = None
    ) -> dict[str, Any]:
        return _object(self._request("GET", path, params=params), expect)

    def get_value(self, path: str, *, params: Mapping[str, str] | None = None, expect: Schema | None = None) -> Any:
        return _value(self._request("GET", path, params=params), expect)

    def get_list(
        self, path: str, *, params: Mapping[str, str] | None = None, expect: Schema = ANY_OBJECT
    ) -> list[dict[str, Any]]:
        """Return a list that the API gives as a whole, as DRF does without pagination."""
        whole: list[dict[str, Any]] = self.get_value(path, params=params, expect=list_schema(expect))
        return whole

    def get_page(
        self,
        path: str,
        number: int = 1,
        *,
        page_size: int | None = None,
        params: Mapping[str, str] | None = None,
        expect: Schema = ANY_OBJECT,
    ) -> Page:
        """Return one page of a list that Django REST framework gives in pages; `expect` is about each item."""
        asked = {**(params or {}), "page": str(number)} | ({"page_size": str(page_size)} if page_size else {})
        found = self.get(path, params=asked, expect=page_schema(expect))
        return Page(found["results"], found["count"], number + 1 if found["next"] else None)

    def get_items(
        self,
        path: str,
        *,
        most: int,
        page_size: int = 100,
        params: Mapping[str, str] | None = None,
        expect: Schema = ANY_OBJECT,
    ) -> Items:
        """Return the first `most` items of a list, page after page, all within the call's deadline.

        An API without pagination answers with the whole list at once; that is accepted too.
        """
        items: list[dict[str, Any]] = []
        for number in range(1, MOST_PAGES + 1):
            asked = {**(params or {}), "page": str(number), "page_size": str(page_size)}
            found = self.get_value(path, params=asked, expect=either_schema(expect))
            if isinstance(found, list):
                return Items(found[:most], len(found), is_complete=len(found) <= most)
            page = Page(found["results"], found["count"], number + 1 if found["next"] else None)
            items += page.items
            if page.next_number is None or len(items) >= most:
                break
        return Items(items[:most], page.count, is_complete=page.next_number is None and len(items) <= most)

    def post(self, path: str, body: Mapping[str, Any], *, expect: Schema | None = None) -> dict[str, Any]:
        return _object(self._request("POST", path, body=body), expect)

    def put(self, path: str, body: Mapping[str, Any], *, expect: Schema | None = None) -> dict[str, Any]:
        return _object(self._request("PUT", path, body=body), expect)

    def patch(self, path: str, body: Mapping[str, Any], *, expect: Schema | None = None) -> dict[str, Any]:
        return _object(self._request("PATCH", path, body=body), expect)

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Any = None,
        media_types: Mapping[str, str] | None = None,
    ) -> Any:
        """Send any request, and return the JSON that the API answered, of any type; None if it has no content.

        A name may come several times in `params`. `body` is JSON of any type; None sends no content. `media_types` are
        the headers Accept and Content-Type of an API whose JSON has a type of its own.
        """
        try:
            response = self._request(method, path, params=params, body=body, media_types=media_types)
            return _value(response, None) if response.body.strip() else None
        except MalformedApiAnswer as malformed:
            if method == "GET":
                raise
            raise MalformedApiAnswer(malformed.what, is_done=True) from malformed

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        media_types: Mapping[str, str] | None = None,
    ) -> UpstreamResponse:
        check_path(path)
        request = _Request(method, path, params, body, media_types or {})
        exchanged = self._token()
        response = self._send_in_step(request, exchanged)
        if response.status == HTTPStatus.UNAUTHORIZED:
            # The token may have been revoked, and a 401 comes before any work. Only once: another retry won't help.
            exchanged = self._token(rejected=exchanged)
            response = self._send_in_step(request, exchanged)
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise refusal(response)
        return response

    def _token(self, *, rejected: ExchangedToken | None = None) -> ExchangedToken:
        obtained = self.exchange.token_for(
            self.served.caller,
            scope=self.scope,
            deadline=self.deadline,
            interruption=self.served.interruption,
            trace=self.served.trace,
            span=self.served.span,
            rejected=rejected,
        )
        if self.served.record is not None:
            self.served.record.note_token(obtained)
        return obtained.token

    def _send_in_step(self, request: _Request, exchanged: ExchangedToken) -> UpstreamResponse:
        with self.served.span.child("API call", asks_another=True) as step:
            step.set("http.request.method", request.method)
            response = self._send(request, exchanged, step)
            step.set("http.response.status_code", response.status)
            return response

    def _send(self, request: _Request, exchanged: ExchangedToken, step: Span) -> UpstreamResponse:
        if not self.deadline.remaining():
            raise ApiUnavailable("no time was left for it")
        # Before the request is sent, because it may change data from then on (RFC 9110 §9.2.1).
        had_written = self.served.has_written
        self.served.has_written |= request.method != "GET"

        def send(seconds: float) -> UpstreamResponse:
            return self.http.request(
                request.method,
                self.base_url + request.path,
                headers={
                    **request.media_types,
                    "Authorization": f"Bearer {exchanged.value}",
                    "traceparent": self.served.trace.traceparent_in(step),
                    time_budget.HEADER: time_budget.time_budget(seconds),
                },
                params=request.params,
                json=request.body,
                deadline=seconds,
                interruption=self.served.interruption,
            )

        try:
            response = self.api.ask(
                send,
                deadline=self.deadline,
                interruption=self.served.interruption,
                repeat=Repeat.IF_TOLD if request.method == "GET" else Repeat.NEVER,
            )
        except UpstreamDown as error:
            self.served.has_written = had_written
            raise ApiDown(error.retry_after) from error
        except UpstreamInterrupted as error:
            raise CallerGone from error
        except UpstreamTimeout as error:
            raise ApiUnavailable("it did not answer in time") from error
        except UpstreamUnreachable as error:
            if isinstance(error, UpstreamNotConnected):
                self.served.has_written = had_written
            raise ApiUnavailable("it cannot be reached") from error
        except UpstreamAnswerTooLarge as error:
            raise ApiAnswerTooLong from error
        except UpstreamError as error:
            raise MalformedApiAnswer("it is not valid HTTP") from error
        if response.status == HTTPStatus.UNAUTHORIZED:  # refused before any work
            self.served.has_written = had_written
        return response


def _object(response: UpstreamResponse, expect: Schema | None) -> dict[str, Any]:
    try:
        answer = {} if response.status == HTTPStatus.NO_CONTENT else response.json()
    except MalformedJson as error:
        raise MalformedApiAnswer("it is not a JSON object") from error
    _check(answer, expect)
    return answer


def _value(response: UpstreamResponse, expect: Schema | None) -> Any:
    try:
        answer = None if response.status == HTTPStatus.NO_CONTENT else response.json_value()
    except MalformedJson as error:
        raise MalformedApiAnswer("it is not JSON") from error
    _check(answer, expect)
    return answer


def _check(answer: Any, expect: Schema | None) -> None:
    if expect is not None and (violation := first_violation(expect, answer)):
        raise MalformedApiAnswer(violation)
