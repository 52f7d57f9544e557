from django.utils.http import url_has_allowed_host_and_scheme

MAX_LENGTH = 2_000  # characters


def local_path(value: str, *, default: str = "/") -> str:
    """`value` where it is a path of this site, else `default`: what a link says never leads elsewhere.

    Browsers read a backslash as a slash, and drop what is not printable before they look.
    """
    if len(value) > MAX_LENGTH or not value.isascii() or not value.isprintable() or "\\" in value:
        return default
    is_ours = value.startswith("/") and url_has_allowed_host_and_scheme(value, allowed_hosts=None)
    return value if is_ours else default
