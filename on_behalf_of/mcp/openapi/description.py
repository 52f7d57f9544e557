"""Where an API's description comes from: a document, a function, a file, the API's own view, or its URL."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp

Source: TypeAlias = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | Path | str
LONGEST = 16_777_216  # bytes
ACCEPT = "application/vnd.oai.openapi+json, application/json;q=0.9, */*;q=0.1"


class DescriptionUnavailable(Exception):
    """The description cannot be read now; the text says why. What was locked of it stays valid."""


class DescriptionUnusable(ImproperlyConfigured):
    """The source has no usable OpenAPI description. The text says what to do."""


def at_hand(source: Source) -> Mapping[str, Any] | None:
    """Return the description if it can be had without the network; None if not.

    A path such as "/openapi.json" is the API's own view, if this process serves it. Raises DescriptionUnusable, and
    DescriptionUnavailable if that view does not answer.
    """
    if isinstance(source, Mapping):
        return checked(source, "The document that from_openapi was given")
    if callable(source):
        try:
            return checked(source(), "What the function for from_openapi returns")
        except (DescriptionUnavailable, DescriptionUnusable):
            raise
        except Exception as error:
            raise DescriptionUnusable(f"The function for from_openapi failed: {error!r}.") from error
    if isinstance(source, Path):
        try:
            return parsed(source.read_bytes(), str(source))
        except OSError as error:
            raise DescriptionUnusable(f"The API's description cannot be read: {source}: {error.strerror}.") from error
    return _of_view(source)


def fetched(source: str, *, base_url: str, http: UpstreamHttp) -> Mapping[str, Any]:
    """Return the description at a URL; one that begins with a slash is below `base_url`. Sends no token.

    Raises DescriptionUnavailable, and DescriptionUnusable for what is not a description.
    """
    url = base_url + source if source.startswith("/") else source
    try:
        response = http.request("GET", url, max_bytes=LONGEST)
    except UpstreamError as error:
        raise DescriptionUnavailable(str(error)) from error
    if response.status != 200:  # noqa: PLR2004 - OK
        raise DescriptionUnavailable(f"{url} answered with status {response.status}.")
    return parsed(response.body, url)


def parsed(content: bytes, place: str) -> Mapping[str, Any]:
    """Return JSON or YAML as an OpenAPI document. Raises DescriptionUnusable."""
    try:
        document = json.loads(content)
    except ValueError:
        document = _from_yaml(content, place)
    return checked(document, place)


def checked(document: Any, place: str) -> Mapping[str, Any]:
    """Return the document. Raises DescriptionUnusable if it is not OpenAPI 3."""
    is_openapi = isinstance(document, Mapping) and str(document.get("openapi", "")).startswith("3.")
    if not is_openapi or not isinstance(document.get("paths"), Mapping):
        raise DescriptionUnusable(f"{place} is not an OpenAPI 3 document.")
    found: Mapping[str, Any] = document
    return found


def check_source(source: Source) -> None:
    """Raise ImproperlyConfigured for a source that is neither a path of the API nor a URL, and so leads nowhere."""
    if isinstance(source, str) and not source.startswith(("/", "https://", "http://")):
        raise ImproperlyConfigured(
            f'from_openapi: name the API\'s path ("/schema"), a URL or a pathlib.Path, not {source!r}.'
        )


def _from_yaml(content: bytes, place: str) -> Any:
    try:
        import yaml  # optional: drf-spectacular brings it
    except ImportError:
        raise DescriptionUnusable(f"{place} is not JSON. Install PyYAML to read YAML.") from None
    try:
        return json.loads(json.dumps(yaml.safe_load(content), default=str))  # dates become text, as in JSON
    except (yaml.YAMLError, ValueError, UnicodeError):
        raise DescriptionUnusable(f"{place} is neither JSON nor YAML.") from None


def own_view(source: str) -> ResolverMatch | None:
    """Return the view of this process that is at the path; None if the path, or URL, leads elsewhere."""
    try:
        match = resolve(source) if source.startswith("/") else None
    except (Resolver404, ImproperlyConfigured):  # this process has other URLs, or none
        return None
    is_exact = match is not None and match.route.replace("\\", "").strip("^$/") == source.strip("/")
    return match if is_exact else None  # a route that takes every path describes nothing


def _of_view(path: str) -> Mapping[str, Any] | None:
    if (match := own_view(path)) is None:
        return None
    try:
        response = match.func(_request(path), *match.args, **match.kwargs)
        if hasattr(response, "render"):
            response = response.render()
    except (Http404, PermissionDenied):
        raise DescriptionUnavailable(f"The API does not describe itself at {path}.") from None
    except Exception as error:
        raise DescriptionUnusable(f"The view at {path} does not describe the API: it failed ({error!r}).") from error
    if not isinstance(response, HttpResponse) or response.status_code != 200:  # noqa: PLR2004 - OK
        raise DescriptionUnavailable(f"The API does not describe itself at {path} without a login.")
    return parsed(response.content, path)


def _request(path: str) -> WSGIRequest:
    """Return a request as a program without credentials would send it to the API's own address."""
    from on_behalf_of.mcp.configuration import bridge_configuration

    url = urlsplit(bridge_configuration().api_base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": url.hostname or "localhost",
            "SERVER_PORT": str(port),
            "HTTP_HOST": url.netloc,
            "HTTP_ACCEPT": ACCEPT,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": BytesIO(),
        }
    )
