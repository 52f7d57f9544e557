import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.diagnosis.explaining.printed import printed
from on_behalf_of.diagnosis.explaining.report import API, BRIDGE, ROOMS, explained, services, token_rules
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.http_client.http_client import UpstreamError, UpstreamHttp
from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object
from on_behalf_of.resource_server.issuer_keys import KeyFetching
from on_behalf_of.resource_server.json_web_key_set import usable_keys
from on_behalf_of.resource_server.keys_on_disk import KeptKeys, NoKeys, read_kept_keys
from on_behalf_of.resource_server.published_keys import fetch_keys
from on_behalf_of.resource_server.token_parts import duration
from on_behalf_of.resource_server.token_rules import KeySource
from on_behalf_of.setting import is_declared

KEPT = "issuer_keys.json"  # beside the public keys of the log's seals
MAX_INPUT = 1_048_576  # characters


class Command(BaseCommand):
    help = (
        "Explain the access token on standard input: which checks of the service it passes, which it fails, and what "
        "to do. Exit code 0: the service accepts it. 1: it does not. 2: bad usage."
    )
    requires_system_checks = ()  # the command runs none of the project's own code
    stealth_options = ("stdin",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        # No argument takes the token: arguments end up in the shell's history, and in the list of processes.
        parser.add_argument(
            "--as",
            dest="service",
            choices=(API, BRIDGE),
            help="the service that judges (default: the API, if there is one)",
        )
        parser.add_argument("--keys", type=Path, help="a JWK Set to verify with, instead of the issuer's")

    def handle(self, *, service: str | None, keys: Path | None, stdin: TextIO | None = None, **_options: Any) -> None:
        service = _chosen(service)
        stdin = stdin or sys.stdin
        if stdin.isatty():
            self.stderr.write("Paste the token, then press Enter and Ctrl-D.")
        try:
            text = stdin.read(MAX_INPUT)
        except UnicodeDecodeError:
            text = "\N{REPLACEMENT CHARACTER}"  # no token: tokens are ASCII
        source, origin = self._from_file(keys) if keys else self._from_issuer(service)
        report = explained(text, service, keys=source, now=time.time())
        self._print([*printed(report), "", origin])
        if not report.is_good:
            sys.exit(1)

    def _from_file(self, path: Path) -> tuple[KeySource, str]:
        try:
            keys = usable_keys(parse_object(path.read_bytes()))
        except (OSError, MalformedJson) as error:
            raise CommandError(
                f"{path} cannot be read as a JWK Set: name a file with its JSON.", returncode=2
            ) from error
        if not keys:
            raise CommandError(f"{path} has no key that can verify RS256 signatures.", returncode=2)
        return KeptKeys("", keys, 0), f"Keys: those of {path}."

    def _from_issuer(self, service: str) -> tuple[KeySource, str]:
        """Return the keys that the issuer publishes, and keep them; if it cannot be reached, those kept before."""
        issuer = token_rules(service).issuer
        configuration = api_configuration() if service == API else bridge_configuration()
        fetching: KeyFetching = configuration.key_fetching
        kept = _directory() / KEPT
        try:
            http = UpstreamHttp(timeout=fetching.timeout, ca_file=fetching.ca_file, pool_size=1)
            keys, _ = fetch_keys(issuer, http, deadline=fetching.timeout)
        except UpstreamError as error:
            if found := read_kept_keys(kept, issuer=issuer):
                age = duration(time.time() - found.fetched_at)
                return found, f"Keys: those kept in {kept}, {age} old, because: {error}"
            return NoKeys(), f"Keys: none, and none were kept in {kept}. {error} Name a file with --keys."
        fetched = KeptKeys(issuer, keys, time.time())
        try:
            fetched.write(kept)
        except OSError as error:
            return fetched, f"Keys: fetched from {issuer} now. They could not be kept in {kept} ({error.strerror})."
        return fetched, f"Keys: fetched from {issuer} now, and kept in {kept} for when it cannot be asked."

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _chosen(service: str | None) -> str:
    """Return the service to judge by. Raises CommandError if the project does not have it."""
    try:
        has = services()
    except ImproperlyConfigured as error:
        raise CommandError(str(error), returncode=2) from error
    if service is None and has:
        return has[0]
    if service not in has:
        room = ROOMS[service or API]
        raise CommandError(f'This project has no such service: add "{room}" to ON_BEHALF_OF.', returncode=2)
    return service


def _directory() -> Path:
    """Return where this project keeps its public keys; without a log, its base directory."""
    if is_declared("AUDIT"):
        return audit_configuration().public_keys_file.parent
    return Path(getattr(settings, "BASE_DIR", Path.cwd()))
