import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from on_behalf_of.diagnosis.doctor.finding import Finding, Status, not_checked, problem, without_secrets
from on_behalf_of.diagnosis.doctor.report import as_json, as_lines, summary
from config.environment import Environment
from on_behalf_of.mcp.api.client import check_path
from on_behalf_of.resource_server.pasted_token import read_pasted_token

FOUND, BAD_USAGE = 1, 2  # exit codes
MAX_INPUT = 1_048_576  # characters
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")


class Command(BaseCommand):
    help = (
        "Examine the configuration and the tenant that it names, and say what to do about what is wrong. With a user's "
        "token for the bridge, also an exchange and a call to the API. Exit code 0: fine. 1: problems. 2: bad usage."
    )
    requires_system_checks = ()  # a wrong configuration is what this is for

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--token-file",
            metavar="FILE",
            help="a file with a user's access token for the bridge; - reads it from input",
        )
        parser.add_argument(
            "--api-path", default="/api/private-scope", help="what to ask the API for (default: /api/private-scope)"
        )
        parser.add_argument("--json", action="store_true", help="print the findings for programs")
        parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")

    def handle(self, *, token_file: str | None, api_path: str, json: bool, strict: bool, **_options: Any) -> None:
        token = _read_token(token_file) if token_file else ""
        try:
            check_path(api_path)
        except ValueError as error:
            raise CommandError(f"--api-path is not what it should be: {error}.", returncode=BAD_USAGE) from error
        findings = list(self._printed(_findings(token, api_path), as_text=not json))
        self.stdout.write(as_json(findings) if json else f"\n{summary(findings)}")
        counts = {Status.PROBLEM} | ({Status.WARNING} if strict else set())
        if any(finding.status in counts for finding in findings):
            sys.exit(FOUND)

    def _printed(self, findings: Iterable[Finding], *, as_text: bool) -> Iterator[Finding]:
        styles = {
            Status.OK: self.style.SUCCESS,
            Status.WARNING: self.style.WARNING,
            Status.PROBLEM: self.style.ERROR,
            Status.NOT_CHECKED: self.style.NOTICE,
        }
        for finding in findings:
            if as_text:
                for line in as_lines([finding], styles):
                    self.stdout.write(line)
                self.stdout.flush()
            yield finding


def _findings(token: str, api_path: str) -> Iterator[Finding]:
    if sentence := getattr(settings, "CONFIGURATION_PROBLEM", ""):
        variable = VARIABLE.match(sentence)
        yield problem(
            "environment",
            sentence,
            "Correct it: until then no command and no service starts.",
            variable[0] if variable else "",
        )
        yield not_checked("everything else", "There is no configuration to go by.")
        return
    from on_behalf_of.diagnosis.doctor.examination import examine  # needs a configuration to be imported

    environment: Environment = settings.ENVIRONMENT
    secrets = (token, *(each for client in environment.bridge_clients for each in client.secrets))
    yield from without_secrets(examine(environment, token=token, api_path=api_path), secrets)


def _read_token(file: str) -> str:
    if file == "-" and sys.stdin.isatty():
        sys.stderr.write("Paste the token, then press Enter and Ctrl-D.\n")
    try:
        text = sys.stdin.read(MAX_INPUT) if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            "--token-file must name a readable file with one token in it.", returncode=BAD_USAGE
        ) from error
    token = read_pasted_token(text).token
    if len(token.split()) != 1 or not token.isascii():
        raise CommandError("--token-file must hold one access token and nothing else.", returncode=BAD_USAGE)
    return token
