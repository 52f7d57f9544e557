from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

MAX_LENGTH = 2_000  # characters


def local_path(value: str, *, default: str = "/") -> str:
    """`value` where it is a path of this site, else `default`: what a link says never leads elsewhere."""
    if len(value) > MAX_LENGTH or not value.startswith("/") or not url_has_allowed_host_and_scheme(value, None):
        return default
    parts = urlsplit(value)
    return value if not parts.scheme and not parts.netloc and value.isascii() and value.isprintable() else default
