"""Wait for the tenant's rate limit to reset. Each wait is bounded and announced on the terminal."""

import time
from collections.abc import Callable

import httpx

from on_behalf_of.primitives.retry_after import retry_after

LONGEST_WAIT = 60.0  # seconds for one answer
ATTEMPTS = 6
DEFAULT_WAIT = 2.0  # seconds, if the tenant names none


class PatientTransport(httpx.BaseTransport):
    """Repeats a request that was answered 429, at the time that Retry-After or X-RateLimit-Reset names.

    After ATTEMPTS requests, or if the wait is longer than LONGEST_WAIT, it returns the 429.
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
            self._say(f"The tenant's rate limit is exceeded. Trying again in {seconds:.0f} s.")
            self._sleep(seconds)
        return self._transport.handle_request(request)

    def _wait(self, headers: httpx.Headers) -> float:
        told = retry_after(headers, clock=self._clock)
        return DEFAULT_WAIT if told is None else told

    def close(self) -> None:
        self._transport.close()
