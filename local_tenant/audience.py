from collections.abc import Iterable
from urllib.parse import urlsplit

from local_tenant.models import Api
from local_tenant.oauth_errors import InvalidTarget


def requested_api(parameters: Iterable[tuple[str, str]]) -> Api | None:
    """Return the API that `audience` (Auth0) or `resource` (RFC 8707) names; None if neither was sent.

    Raises InvalidTarget for an unknown API, and for more than one, because a token is for exactly one API.
    """
    names = {value for name, value in parameters if name in {"audience", "resource"}}
    apis = {_api(name) for name in names}
    if len(apis) > 1:
        raise InvalidTarget("Request one API at a time, with audience or resource.")
    return apis.pop() if apis else None


def _api(identifier: str) -> Api:
    apis = {api.identifier: api for api in Api.objects.filter(identifier__in=_spellings(identifier))}
    if not apis:
        raise InvalidTarget("No API of this tenant has the identifier that audience or resource names.")
    return apis.get(identifier) or next(iter(apis.values()))


def _spellings(identifier: str) -> set[str]:
    """Return it with and without a final slash, because MCP clients send the URL as typed, or normalize it."""
    try:
        url = urlsplit(identifier)
    except ValueError:
        return {identifier}
    if url.scheme in {"http", "https"} and not url.query and not url.fragment:
        bare = identifier.rstrip("/")
        return {bare, f"{bare}/", identifier}
    return {identifier}
