"""The tenant's Management API, through Auth0's own client. Nothing else in this project needs its packages."""

import inspect
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from operator import attrgetter
from pathlib import Path
from typing import Any

import certifi
import httpx
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.core.parse_error import ParsingError
from auth0.management.core.request_options import RequestOptions

from on_behalf_of.primitives.foreign_text import readable
from operations.auth0.errors import NotThere, Refused, SetupError
from operations.auth0.management_token import ManagementToken
from operations.auth0.operation import Operation
from operations.auth0.rate_limit import PatientTransport

TIMEOUT = 30.0  # seconds for one answer
PAGE = 50  # objects that one request lists


class ManagementApi:
    """Reads and changes one tenant. Each method raises SetupError, which never quotes a whole request or answer."""

    def __init__(
        self,
        domain: str,
        token: ManagementToken,
        *,
        ca_file: Path | None,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs, some of which hold users' addresses
        context = ssl.create_default_context(cafile=str(ca_file or certifi.where()))
        transport = PatientTransport(httpx.HTTPTransport(verify=context), say=say, sleep=sleep)
        self._domain = domain
        # No redirects: the token is for this host only.
        self._http = httpx.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
        self._client = ManagementClient(domain=domain, token=token.value, httpx_client=self._http)

    def close(self) -> None:
        self._http.close()

    def send(self, operation: Operation, target: str | None = None, body: Mapping[str, Any] | None = None) -> Any:
        """Send a change and return the answer. Members that auth0-python does not know yet are sent, too."""
        function = attrgetter(operation.function)(self._client)
        known = inspect.signature(function).parameters
        arguments = {name: value for name, value in (body or {}).items() if name in known}
        further = {name: value for name, value in (body or {}).items() if name not in known}
        with self._translated(f"{operation.method.upper()} {operation.path}", operation.scope):
            answer = function(*([target] if target else []), **arguments, request_options=_options(further))
        return answer.dict() if answer is not None else {}

    def one(self, function: str, scope: str, *arguments: str, **filters: Any) -> dict[str, Any]:
        """Return the document that this function of auth0-python's client reads."""
        with self._translated(f"reading ({function})", scope):
            answer = attrgetter(function)(self._client)(*arguments, **filters, request_options=_options())
            document: dict[str, Any] = answer.dict()
        return document

    def every(self, function: str, scope: str, *arguments: str, **filters: Any) -> list[dict[str, Any]]:
        """Return everything that this listing function reads, page by page."""
        listing = attrgetter(function)(self._client)
        known = inspect.signature(listing).parameters
        paging = {"per_page": PAGE} if "per_page" in known else {"take": PAGE} if "take" in known else {}
        with self._translated(f"reading ({function})", scope):
            return [each.dict() for each in listing(*arguments, **paging, **filters, request_options=_options())]

    @contextmanager
    def _translated(self, what: str, scope: str) -> Iterator[None]:
        # `from None`, because these errors quote whole answers, and one answer holds the client's secret.
        try:
            yield
        except ApiError as error:
            raise self._explained(error, what, scope) from None
        except (ParsingError, ValueError):
            raise self._strange(what) from None
        except httpx.TimeoutException:
            raise SetupError(f"{self._domain} did not answer {what} in time. {AGAIN}") from None
        except httpx.HTTPError:
            raise SetupError(
                f"{self._domain} cannot be reached. Check that it is your tenant's domain, and check the network. "
                f"{AGAIN}"
            ) from None

    def _strange(self, what: str) -> SetupError:
        return SetupError(
            f"The answer of {self._domain} to {what} is not the Management API's. Check the domain, and check that "
            "auth0-python is up to date."
        )

    def _explained(self, error: ApiError, what: str, scope: str) -> SetupError:  # noqa: PLR0911 - a list of statuses
        status = error.status_code or 0
        if status < HTTPStatus.BAD_REQUEST:  # redirects, which are not followed, and pages for people
            return self._strange(what)
        said = readable(error.body.get("message")) if isinstance(error.body, dict) else ""
        if status == HTTPStatus.UNAUTHORIZED:
            return Refused(
                f"{self._domain} does not accept the Management API token: it has expired, or it is for another "
                "tenant. Get a new one."
            )
        if status == HTTPStatus.FORBIDDEN:
            return Refused(f"The Management API token may not do this ({said or what}): it needs the scope {scope}.")
        if status == HTTPStatus.NOT_FOUND:
            if isinstance(error.body, dict) and error.body.get("statusCode") == status:
                return NotThere(f"The tenant does not have the object of {what}: {said}. {AGAIN}")
            return SetupError(f"{self._domain} has no Management API. Check that it is your tenant's domain.")
        if status == HTTPStatus.CONFLICT:
            return Refused(f"{what}: an object with that name or identifier already exists ({said}). {AGAIN}")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return Refused(f"The tenant's rate limit is still exceeded. Wait a few minutes. {AGAIN}")
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return Refused(f"The tenant refused {what} ({status}: {said}).")
        return SetupError(f"The tenant failed at {what} ({status}). {AGAIN}")


AGAIN = "Run auth0_setup again; it continues where it stopped."


def _options(further: Mapping[str, Any] | None = None) -> RequestOptions:
    # auth0-python would retry failed creations and conflicts, too. PatientTransport retries what is safe.
    options: RequestOptions = {"max_retries": 0}
    if further:
        options["additional_body_parameters"] = dict(further)
    return options
