"""Which view serves a path. Answers for paths without parameters are remembered, because finding one costs more than
most views do.
"""

from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import ResolverMatch, URLResolver, get_resolver, get_urlconf

MAX_REMEMBERED = 1_000  # paths; a pattern such as "^x.*" matches any number of them

_remembered: dict[str, tuple[URLResolver, ResolverMatch]] = {}


def route_of(request: HttpRequest) -> ResolverMatch:
    """Return the view for `request.path_info` and its arguments, as Django's `resolve` does. Raises Resolver404.

    Middleware may have set `request.urlconf`, as for Django's handler.
    """
    urlconf, path = getattr(request, "urlconf", None) or get_urlconf(), request.path_info
    found: tuple[object, str, ResolverMatch] | None = getattr(request, "_route", None)
    if found and found[0] == urlconf and found[1] == path:
        return found[2]
    match = match_of(path, urlconf)
    request._route = (urlconf, path, match)  # type: ignore[attr-defined] # noqa: SLF001 - ours, for the next one who asks
    return match


def match_of(path: str, urlconf: Any = None) -> ResolverMatch:
    """Return the view for a path and its arguments. Raises Resolver404."""
    resolver = get_resolver(urlconf)
    known = _remembered.get(path)
    if known and known[0] is resolver:
        return _copied(known[1])
    match = resolver.resolve(path)
    is_fixed = not match.args and not match.kwargs and not _is_translated(resolver)
    if is_fixed and len(_remembered) < MAX_REMEMBERED:
        _remembered[path] = (resolver, match)
    return match


@cache
def _is_translated(resolver: URLResolver) -> bool:
    """Return whether some path means different things in different languages."""
    patterns: list[Any] = [resolver]
    while patterns:
        each = patterns.pop()
        text = getattr(each.pattern, "_route", getattr(each.pattern, "_regex", None))
        if not isinstance(text, str):  # a LocalePrefixPattern, or a text that is translated when it is used
            return True
        patterns += getattr(each, "url_patterns", ())
    return False


def _copied(match: ResolverMatch) -> ResolverMatch:
    """Return the same match with arguments of its own, because middleware may change them."""
    return ResolverMatch(
        match.func,
        (),
        {},
        url_name=match.url_name,
        app_names=list(match.app_names),
        namespaces=[*match.namespaces],
        route=match.route,
        tried=match.tried,
        captured_kwargs={},
        extra_kwargs={},
    )
