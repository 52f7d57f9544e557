from collections.abc import Iterable
from urllib.parse import urlsplit

from local_tenant.models import Api
from local_tenant.oauth_errors import InvalidTarget


def requested_api(parameters: Iterable[tuple[str, str]]) -> Api | None:
    """The API that `audience` (Auth0) or `resource` (RFC 8707) names; None when neither came.

    Raises InvalidTarget for an unknown API and for more than one: a token here has exactly one audience.
    """
    names = {value for name, value in parameters if name in {"audience", "resource"}}
    apis = {_api(name) for name in names}
    if len(apis) > 1:
        raise InvalidTarget("Ask for one API at a time, with audience or resource.")
    return apis.pop() if apis else None


def _api(identifier: str) -> Api:
    api = Api.objects.filter(identifier__in=_spellings(identifier)).order_by("pk").first()
    if api is None:
        raise InvalidTarget("No API of this tenant has the identifier that audience or resource names.")
    return api


def _spellings(identifier: str) -> set[str]:
    """RFC 3986 §6.2.3: http://host and http://host/ are the same, and MCP clients send either."""
    try:
        url = urlsplit(identifier)
    except ValueError:
        return {identifier}
    if url.scheme in {"http", "https"} and url.path in {"", "/"} and not url.query and not url.fragment:
        bare = identifier.rstrip("/")
        return {bare, f"{bare}/", identifier}
    return {identifier}
