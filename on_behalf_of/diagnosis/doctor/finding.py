import re
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from on_behalf_of.diagnosis.spelling import spelled

T = TypeVar("T")

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?")


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works, but perhaps not as intended
    PROBLEM = "problem"  # something will not work
    NOT_CHECKED = "not checked"  # the text says why


@dataclass(frozen=True)
class Finding:
    check: str  # what was looked at; a stable name
    status: Status
    text: str
    remedy: str = ""
    setting: str = ""  # the variable to look at, or several


# A check yields its findings one by one, and returns what later checks need.
Findings = Generator[Finding, None, T]


def ok(check: str, text: str) -> Finding:
    return Finding(check, Status.OK, text)


def warning(check: str, text: str, remedy: str, setting: str = "") -> Finding:
    return Finding(check, Status.WARNING, text, remedy, setting)


def problem(check: str, text: str, remedy: str, setting: str = "") -> Finding:
    return Finding(check, Status.PROBLEM, text, remedy, setting)


def not_checked(check: str, why: str) -> Finding:
    return Finding(check, Status.NOT_CHECKED, why)


def without_secrets(findings: Iterable[Finding], secrets: Collection[str]) -> Iterator[Finding]:
    """Yield the findings without `secrets` and without JWTs: servers may repeat what they were sent."""
    for finding in findings:
        yield replace(finding, text=_hidden(finding.text, secrets), remedy=_hidden(finding.remedy, secrets))


def as_spelled_here(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings with the settings that they name spelled as this project spells them."""
    for finding in findings:
        yield replace(
            finding, text=spelled(finding.text), remedy=spelled(finding.remedy), setting=spelled(finding.setting)
        )


def _hidden(text: str, secrets: Collection[str]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "[removed]")
    return _JWT.sub("[removed]", text)
