import ipaddress
from urllib.parse import urlsplit

MAX_LENGTH = 2_000
# Schemes of native applications (RFC 8252 §7.1). The editor Cursor uses one, without the period that §8.4 requires.
# Schemes are listed by name, because an unknown scheme could start any program.
PRIVATE_USE_SCHEMES = ("cursor",)
ALLOWED_SCHEMES = ("https", "http", *PRIVATE_USE_SCHEMES)


def may_be_registered(uri: str) -> bool:
    """Return whether clients may register this URI.

    Allowed are https, http on the user's own machine (RFC 8252 §7.3, §8.3), and the schemes of known applications.
    """
    if len(uri) > MAX_LENGTH or not uri.isascii() or not uri.isprintable() or " " in uri or "#" in uri:
        return False
    try:
        url = urlsplit(uri)
        host, _port = url.hostname or "", url.port
    except ValueError:
        return False
    if not host or url.username is not None or url.password is not None:
        return False
    return url.scheme in {"https", *PRIVATE_USE_SCHEMES} or (url.scheme == "http" and is_this_machine(host))


def is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
