import json
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

from on_behalf_of.diagnosis.doctor.finding import Finding, Status

WIDTH = 110  # characters
CHECK = 20  # characters, for the name of a check
INDENT = " " * (CHECK + 13)


def as_lines(findings: Iterable[Finding], styles: Mapping[Status, Callable[[str], str]]) -> Iterable[str]:
    """Yield one paragraph for each finding as soon as it is found: some checks take seconds."""
    for finding in findings:
        first = f"{finding.status:<12} {finding.check:<{CHECK}}"
        lines = textwrap.wrap(finding.text, WIDTH - len(INDENT), break_long_words=False, break_on_hyphens=False)
        yield styles[finding.status](first) + f"\n{INDENT}".join(lines)
        if finding.remedy:
            setting = f" [{finding.setting}]" if finding.setting else ""
            yield textwrap.fill(
                finding.remedy + setting,
                WIDTH,
                initial_indent=f"{INDENT}→ ",
                subsequent_indent=f"{INDENT}  ",
                break_long_words=False,
                break_on_hyphens=False,
            )


def as_json(findings: Sequence[Finding]) -> str:
    document = {"findings": [asdict(finding) for finding in findings], **counted(findings)}
    return json.dumps(document, indent=2)  # ASCII, for any console and program


def summary(findings: Sequence[Finding]) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {number}" for name, number in counted(findings).items())


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    statuses = [finding.status for finding in findings]
    return {
        "problems": statuses.count(Status.PROBLEM),
        "warnings": statuses.count(Status.WARNING),
        "not_checked": statuses.count(Status.NOT_CHECKED),
    }
