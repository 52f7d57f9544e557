"""Waiting out the tenant's rate limit: said on the terminal, and bounded."""

import time
from collections.abc import Callable

import httpx

from on_behalf_of.primitives.retry_after import retry_after

LONGEST_WAIT = 60.0  # seconds for one answer
ATTEMPTS = 6
DEFAULT_WAIT = 2.0  # seconds, where the tenant names none


class PatientTransport(httpx.BaseTransport):
    """Sends a request again once the tenant says that it may: Retry-After, else X-RateLimit-Reset (a Unix time).

    After so many attempts, or for a wait that is too long, the 429 is the answer.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        *,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = transport
        self._say, self._sleep, self._clock = say, sleep, clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(ATTEMPTS - 1):
            response = self._transport.handle_request(request)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            seconds = self._wait(response.headers)
            if seconds > LONGEST_WAIT:
                return response
            response.close()
            self._say(f"The tenant allows no more requests at the moment; going on in {seconds:.0f} s.")
            self._sleep(seconds)
        return self._transport.handle_request(request)

    def _wait(self, headers: httpx.Headers) -> float:
        told = retry_after(headers, clock=self._clock)
        return DEFAULT_WAIT if told is None else told

    def close(self) -> None:
        self._transport.close()
