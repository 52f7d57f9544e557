import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from on_behalf_of.diagnosis.doctor.deployment import configured_deployment
from on_behalf_of.diagnosis.doctor.finding import (
    Finding,
    Status,
    as_spelled_here,
    not_checked,
    problem,
    without_secrets,
)
from on_behalf_of.diagnosis.doctor.report import as_json, as_lines, summary
from on_behalf_of.mcp.api.api_path import check_path
from on_behalf_of.mcp.declared_tools import declared_tools
from on_behalf_of.resource_server.pasted_token import read_pasted_token

FOUND, BAD_USAGE = 1, 2  # exit codes
MAX_INPUT = 1_048_576  # characters
SETTING = re.compile(r'[A-Z][A-Z0-9_]+(\["[A-Z_]+"\])*')


class Command(BaseCommand):
    help = (
        "Examine the configuration and the tenant that it names, and say what to do about what is wrong. With a user's "
        "token for the bridge, also an exchange and a call to the API. Exit code 0: fine. 1: problems. 2: bad usage."
    )
    requires_system_checks = ()  # the command is made for wrong configurations

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--token-file",
            metavar="FILE",
            help="a file with a user's access token for the bridge; - reads it from input",
        )
        parser.add_argument(
            "--api-path",
            default="/api/private-scope",
            help="the path to GET from the API (default: /api/private-scope)",
        )
        parser.add_argument("--json", action="store_true", help="print the findings for programs")
        parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")

    def handle(self, *, token_file: str | None, api_path: str, json: bool, strict: bool, **_options: Any) -> None:
        token = _read_token(token_file) if token_file else ""
        try:
            check_path(api_path)
        except ValueError as error:
            raise CommandError(f"--api-path is wrong: {error}.", returncode=BAD_USAGE) from error
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
    if sentence := _problem_of_the_configuration():
        variable = SETTING.match(sentence)
        yield problem(
            "environment",
            sentence,
            "Correct it. Until then, no service starts.",
            variable[0] if variable else "",
        )
        yield not_checked("everything else", "There is no valid configuration.")
        return
    from on_behalf_of.diagnosis.doctor.examination import examine  # loads models, which wrong settings may lack

    deployment = configured_deployment()
    clients = deployment.bridge.clients if deployment.bridge else ()
    secrets = (token, *(each for client in clients for each in client.secrets))
    findings = examine(deployment, token=token, api_path=api_path)
    yield from as_spelled_here(without_secrets(findings, secrets))


def _problem_of_the_configuration() -> str:
    """Return the sentence that says what is wrong with the settings; "" if nothing is."""
    if sentence := getattr(settings, "CONFIGURATION_PROBLEM", ""):
        return str(sentence)
    try:
        deployment = configured_deployment()
        if deployment.bridge:
            declared_tools(deployment.bridge)
    except ImproperlyConfigured as error:
        return str(error)
    return ""


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
        raise CommandError("--token-file must contain one access token and nothing else.", returncode=BAD_USAGE)
    return token
