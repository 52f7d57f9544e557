"""The official conformance suite, run as its command line would be."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.node import NODE_MODULES
from tests.groups import node

PROGRAM = NODE_MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
EXPECTED_FAILURES = Path(__file__).parent / "expected_failures"
TIMEOUT = 180.0  # seconds, for a whole run on a busy machine
_RESULT = re.compile(r"(?:authorization-)?server-(?P<scenario>.+)-\d{4}-\d{2}-\d{2}T\d{2}-.*")

Checks = dict[str, list[dict[str, Any]]]  # by scenario


def command(*arguments: str) -> list[str]:
    return [str(node()), str(PROGRAM), *arguments]


def checks_in(results: Path) -> Checks:
    """Return the checks that a run with this --output-dir wrote."""
    return {
        match["scenario"]: json.loads((folder / "checks.json").read_text())
        for folder in results.iterdir()
        if (match := _RESULT.fullmatch(folder.name))
    }


@dataclass(frozen=True)
class Report:
    """A run against an MCP server."""

    exit_code: int  # 0 if there were no unexpected failures or warnings
    output: str
    checks: Checks

    @property
    def passed(self) -> set[str]:
        """Return the scenarios without failed checks or warnings."""
        return {
            scenario
            for scenario, checks in self.checks.items()
            if not any(check["status"] in {"FAILURE", "WARNING"} for check in checks)
        }


def run(url: str, *arguments: str, expected_failures: str, results: Path) -> Report:
    """Run scenarios against the MCP server at `url`; `results` is an empty folder.

    The run fails as well where something passes that is expected to fail.
    """
    options = ("--expected-failures", str(EXPECTED_FAILURES / expected_failures), "--output-dir", str(results))
    done = subprocess.run(
        command("server", "--url", url, *arguments, *options),
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    return Report(done.returncode, done.stdout + done.stderr, checks_in(results))
