from urllib.parse import quote

from django.http import HttpRequest

MAX_LENGTH = 8_192  # characters of path and query, the most that this service reads
MAX_QUOTED = 7_000  # of a path inside the URL of the login page, which names scopes too


def local_path(value: str, *, default: str = "/") -> str:
    """Return `value` if it is a path of this site, else `default`, so that a link never leads elsewhere.

    Django's own check refuses paths beyond 2,048 characters, although they are valid here. Browsers read a backslash as
    a slash, and drop unprintable characters before they parse a URL.
    """
    if len(value) > MAX_LENGTH or not value.isascii() or not value.isprintable() or "\\" in value:
        return default
    return value if value.startswith("/") and not value.startswith("//") else default


def way_back(request: HttpRequest) -> str:
    """Return where a login from this page leads back to: the full path if the login page's URL can hold it."""
    whole = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
    return next((path for path in (whole, request.path) if len(quote(path, safe="")) <= MAX_QUOTED), "/")
