"""The services' environment as it will be once they use the tenant, and the file that will say so."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from config.env_file import assign, assignments
from config.environment import BASE_DIR, Environment, read_environment
from operations.auth0.errors import SetupError

DOMAIN = "AUTH0_DOMAIN"
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?")


class TenantEnvironment:
    """What the variables say now, and what is written into the `.env` file on top."""

    def __init__(
        self,
        known: Environment,
        variables: Mapping[str, str],
        *,
        domain: str,
        management_domain: str,
        env_file: Path | None,
    ) -> None:
        """`known` gives the identifiers, `variables` all the rest. Raises SetupError."""
        configured = variables.get(DOMAIN, "").strip()
        self.domain = domain or configured
        if not self.domain:
            raise SetupError(f"Name your tenant: --domain example.eu.auth0.com, or {DOMAIN} in .env.")
        self.management_domain = management_domain or self.domain
        if not all(_HOST.fullmatch(each) for each in (self.domain, self.management_domain)):
            raise SetupError("A domain must be the tenant's host name only, such as example.eu.auth0.com.")
        if configured and configured != self.domain:
            raise SetupError(f"{DOMAIN} is not what --domain says: take it out of .env, or leave out --domain.")
        if len(known.bridge_audiences) > 1:
            raise SetupError(
                "AUTH0_AUDIENCE holds several identifiers, but auth0_setup sets up one at a time: put that one into a "
                "file of its own, and run auth0_setup with ENV_FILE naming that file (docs/auth0.md)."
            )
        if variables.get("OAUTH_ISSUER", "").strip():
            raise SetupError(f"OAUTH_ISSUER overrides {DOMAIN}: take it away, in the environment and in .env.")
        named = variables.get("ENV_FILE", "")
        if named == os.devnull and env_file is None:
            raise SetupError("ENV_FILE keeps the services from reading .env: name the file to write with --env-file.")
        self.file = env_file or Path(named or BASE_DIR / ".env")
        self._before, self._written = self.in_file(), dict[str, str]()
        self._variables = {
            **variables,
            DOMAIN: self.domain,
            "AUTH0_AUDIENCE": known.bridge_audience,
            "API_AUTH0_AUDIENCE": known.api_audience,
        }

    def read(self) -> Environment:
        return read_environment(self._variables)

    def in_file(self) -> dict[str, str]:
        try:
            return assignments(self.file)
        except (OSError, UnicodeDecodeError):
            raise SetupError(f"{self.file} cannot be read: it must be a readable file, and text in UTF-8.") from None

    def require_writable(self) -> None:
        """Before anything is made whose secret would have to go there."""
        target = self.file.resolve()
        if (target.exists() and not target.is_file()) or not os.access(target.parent, os.W_OK):
            raise SetupError(f"{self.file} cannot be written: it must be a file in a directory that you may write to.")

    def write(self, values: Mapping[str, str]) -> None:
        if not values:
            return
        try:
            assign(self.file, values)
        except OSError as error:
            raise SetupError(
                f"{self.file} cannot be written ({error.strerror}): make it and its directory writable. Then run "
                "auth0_setup again."
            ) from None
        except ValueError as error:
            raise SetupError(f"{error} holds characters that {self.file} cannot hold: set it yourself.") from None
        self._variables |= values
        self._written |= values

    def overridden(self) -> tuple[str, ...]:
        """Names that were written in vain: the process's own environment says something else, and that counts."""
        return tuple(
            name
            for name, value in self._written.items()
            if os.environ.get(name, "") not in {"", value, self._before.get(name, "")}
        )
