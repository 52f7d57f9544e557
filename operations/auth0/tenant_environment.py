"""The services' environment once they use the tenant, and the .env file that sets it."""

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
    """The current variables, overlaid with what the setup writes into the `.env` file."""

    def __init__(
        self,
        known: Environment,
        variables: Mapping[str, str],
        *,
        domain: str,
        management_domain: str,
        env_file: Path | None,
    ) -> None:
        """Take the identifiers from `known` and everything else from `variables`. Raises SetupError."""
        configured = variables.get(DOMAIN, "").strip()
        self.domain = domain or configured
        if not self.domain:
            raise SetupError(f"Name your tenant: --domain example.eu.auth0.com, or {DOMAIN} in .env.")
        self.management_domain = management_domain or self.domain
        if not all(_HOST.fullmatch(each) for each in (self.domain, self.management_domain)):
            raise SetupError("A domain must be the tenant's host name only, such as example.eu.auth0.com.")
        if configured and configured != self.domain:
            raise SetupError(f"{DOMAIN} and --domain differ. Remove {DOMAIN} from .env, or leave out --domain.")
        if len(known.bridge_audiences) > 1:
            raise SetupError(
                "AUTH0_AUDIENCE holds several identifiers, but auth0_setup sets up one at a time. Put the one to set "
                "up into a separate file, and run auth0_setup with ENV_FILE naming that file (docs/auth0.md)."
            )
        if variables.get("OAUTH_ISSUER", "").strip():
            raise SetupError(f"OAUTH_ISSUER overrides {DOMAIN}. Remove it from the environment and from .env.")
        named = variables.get("ENV_FILE", "")
        if named == os.devnull and env_file is None:
            raise SetupError("ENV_FILE tells the services to read no .env. Name the file to write with --env-file.")
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
            raise SetupError(f"{self.file} cannot be read. It must be a readable file with UTF-8 text.") from None

    def require_writable(self) -> None:
        """Check that the file can be written, before a secret is made that must go there. Raises SetupError."""
        target = self.file.resolve()
        if (target.exists() and not target.is_file()) or not os.access(target.parent, os.W_OK):
            raise SetupError(f"{self.file} cannot be written. It must be a file in a directory that you can write to.")

    def write(self, values: Mapping[str, str]) -> None:
        if not values:
            return
        try:
            assign(self.file, values)
        except OSError as error:
            raise SetupError(
                f"{self.file} cannot be written ({error.strerror}). Make it and its directory writable. Then run "
                "auth0_setup again."
            ) from None
        except ValueError as error:
            raise SetupError(
                f"{self.file} cannot hold the characters of {error}. Set that variable yourself."
            ) from None
        self._variables |= values
        self._written |= values

    def overridden(self) -> tuple[str, ...]:
        """Return the names that were written without effect, because the environment sets them to another value."""
        return tuple(
            name
            for name, value in self._written.items()
            if os.environ.get(name, "") not in {"", value, self._before.get(name, "")}
        )
