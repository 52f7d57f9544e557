"""Reading single environment variables: whatever is wrong becomes one sentence that names the variable.

`DECLARED` names every variable that this project reads; reading any other one fails. The demo's services, the tests and
other programs that we start use this list to keep the surrounding configuration out.
"""

import ipaddress
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.primitives.blank import is_blank, is_invisible

# In the order of the table of docs/configuration.md, which explains them.
DECLARED = frozenset(
    {
        "AUTH0_DOMAIN",
        "OAUTH_ISSUER",
        "LOCAL_TENANT",
        "AUTH0_AUDIENCE",
        "API_AUTH0_AUDIENCE",
        "MCP_SERVER_URL",
        "PORT",
        "API_BASE_URL",
        "MCP_AUTH0_CLIENT_ID",
        "MCP_AUTH0_CLIENT_SECRET",
        "MCP_AUTH0_CLIENT_AUTH_METHOD",
        "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE",
        "MCP_AUTH0_CLIENT_KEY_ID",
        "MCP_AUTH0_FORWARDED_FOR",
        "MCP_AUTH0_EXCHANGE_SCOPE",
        "MCP_AUTH0_EXCHANGE_TARGET",
        "MCP_AUTH0_SUBJECT_TOKEN_TYPE",
        "CORS_ORIGINS",
        "TOKEN_DIALECTS",
        "TOKEN_ACTOR_RULE",
        "MCP_ALLOW_MACHINES",
        "JWKS_MAX_AGE",
        "JWKS_MAX_STALE",
        "JWKS_REFETCH_COOLDOWN",
        "UPSTREAM_TIMEOUT",
        "UPSTREAM_CA_FILE",
        "DATABASE_URL",
        "CACHE_URL",
        "CACHE_ENCRYPTION_KEYS",
        "CACHE_KEY_PREFIX",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "TRUSTED_PROXIES",
        "DEBUG",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "API_LOGIN_CLIENT_ID",
        "API_DOCS",
        "API_TRUSTED_ACTORS",
        "API_REQUIRE_DELEGATION",
        "API_ALLOW_MACHINES",
        "API_ALLOWED_ORGANIZATIONS",
        "AUDIT_SEAL_KEY_FILE",
        "AUDIT_PUBLIC_KEYS_FILE",
        "AUDIT_RETENTION_DAYS",
        "METRICS",
        "METRICS_ALLOWED",
        "LOG_FORMAT",
        "OTEL_TRACES_EXPORTER",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_SDK_DISABLED",
        "STATE_DIR",
        "ENV_FILE",
        "AUTH0_MANAGEMENT_TOKEN",
        "AUTH0_MANAGEMENT_CLIENT_ID",
        "AUTH0_MANAGEMENT_CLIENT_SECRET",
        "LOCAL_TENANT_CIMD",
        "LOCAL_TENANT_CIMD_CA",
    }
)
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
MAX_NAME = 255  # characters; longer ones are in no token that verifies
TRUE, FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def refuse(name: str, problem: str) -> NoReturn:
    """Stop the start. The sentence never repeats the value, which may be a secret in the wrong place."""
    raise ImproperlyConfigured(f"{name} {problem}. Set it in the environment or in .env.")


class Variables:
    """Typed access to the variables of one environment."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Return the value without surrounding blanks, "" if it is not set. Raises LookupError for undeclared names."""
        if name not in DECLARED:
            raise LookupError(
                f"{name} is read but missing from DECLARED, and so from the table of docs/configuration.md."
            )
        given = self._values.get(name, "")
        value = given.strip()
        # A value that only looks empty must not count as unset, because unset may mean that anything is allowed.
        if is_blank(value) and given.strip(" \t\r\n"):
            refuse(name, "holds invisible characters only; write a value, or leave it unset")
        if any(ord(character) < ord(" ") for character in value):
            refuse(name, "must not contain control characters")
        return value

    def items(self, name: str) -> tuple[str, ...]:
        """Values separated by commas."""
        return tuple(item.strip() for item in self.text(name).split(",") if item.strip())

    def names(self, name: str, what: str) -> tuple[str, ...]:
        """Identifiers separated by commas, for lists of which an empty one means "any".

        Only a variable that is not set is empty: `,` or `*` would open to everybody what looks closed, or to nobody.
        """
        names = self.items(name)
        if self.text(name) and not names:
            refuse(name, f"must name {what}, separated by commas; leave it unset to accept any")
        for each in names:
            if each == "*" or len(each) > MAX_NAME or any(map(is_invisible, each)):
                refuse(
                    name,
                    f"must be {what} of at most {MAX_NAME} visible characters without blanks, separated by commas, "
                    "and no wildcards; leave it unset to accept any",
                )
        return names

    def client_id(self, name: str) -> str:
        """A client's id at the tenant (RFC 6749 §A.1); empty when it is not set."""
        value = self.text(name)
        if len(value) > MAX_NAME or any(not " " < character <= "~" for character in value):
            refuse(name, f"must be one client id of at most {MAX_NAME} printable characters without blanks")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if value and value not in TRUE | FALSE:
            refuse(name, "must be true or false")
        return value in TRUE if value else default

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        value = self.text(name)
        try:
            number = float(value) if value else default
        except ValueError:
            number = math.nan
        if not low <= number <= high:  # NaN fails this too
            refuse(name, f"must be a number from {low:g} to {high:g}")
        return number

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name)
        if value and not (re.fullmatch(r"[0-9]{1,12}", value) and low <= int(value) <= high):
            refuse(name, f"must be a whole number from {low} to {high}")
        return int(value) if value else default

    def url(self, name: str, value: str) -> SplitResult:
        """Check `value`, which came from the variable or from its default."""
        try:
            url = urlsplit(value)
            port = url.port
        except ValueError:
            refuse(name, "must be a URL with a valid host and port")
        if url.scheme not in {"http", "https"} or not url.hostname or port == 0:
            refuse(name, "must be an http or https URL with a host")
        if url.query or url.fragment or url.username is not None or "?" in value or "#" in value or " " in value:
            refuse(name, "must be a URL without credentials, query or fragment")
        return url

    def base_url(self, name: str, default: str) -> str:
        """A URL that paths are appended to; a trailing slash is taken away."""
        value = self.text(name) or default
        self.url(name, value)
        return value.rstrip("/")

    def identifier(self, name: str, default: str, *, required: bool) -> str:
        """The identifier of an API at the tenant: any text without blanks, kept byte for byte."""
        value = self.text(name)
        if required and not value:
            refuse(name, "is missing: write the API's identifier as the tenant shows it, trailing slash included")
        if any(map(is_invisible, value)):
            refuse(name, "must be one identifier without blanks or invisible characters")
        return value or default

    def identifiers(self, name: str, default: str, *, required: bool) -> tuple[str, ...]:
        """Return the identifiers of one API at the tenant, separated by spaces, each kept byte for byte."""
        values = tuple(self.text(name).split())
        if required and not values:
            self.identifier(name, default, required=True)
        if any(map(is_invisible, "".join(values))):
            refuse(name, "must be identifiers without invisible characters")
        if len(set(values)) < len(values):
            refuse(name, "must name each identifier once")
        return values or (default,)

    def file(self, name: str) -> Path | None:
        value = self.text(name)
        if value and not Path(value).is_file():
            refuse(name, "must name a file that exists")
        return Path(value) if value else None

    def networks(self, name: str) -> tuple[Network, ...]:
        try:
            return tuple(ipaddress.ip_network(item) for item in self.items(name))
        except ValueError:
            refuse(name, "must be IP networks such as 10.0.0.0/8, separated by commas")

    def origins(self, name: str) -> tuple[str, ...]:
        """Origins of browser clients, or `*` for any."""
        origins = self.items(name)
        for origin in origins:
            if origin != "*" and (self.url(name, origin).path or origin.endswith("/")):
                refuse(
                    name,
                    "must be origins such as https://app.example.com, without a path, separated by commas",
                )
        return origins
