"""`make test`: run all checks in parallel, and then all tests.

Groups that need something which this machine lacks are left out, and named at the end together with what they need.
With REQUIRE_ALL_GROUPS=1, as in CI, such a group is a failure.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

from operations import declared_variables
from tests.groups import GROUPS, POSTGRES_URL

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 500

# Tests of what stores something; the subfolders of drf/ store nothing else.
STORING = ("tests/downstream_api", "tests/local_tenant", "tests/on_behalf_of/drf", "tests/on_behalf_of/serving/api",
           "--ignore-glob=*/on_behalf_of/drf/*/*")  # fmt: skip

# The environment that the README documents for production.
PRODUCTION = {
    "OAUTH_ISSUER": "https://tenant.example/",
    "AUTH0_AUDIENCE": "https://mcp.example/mcp",
    "MCP_SERVER_URL": "https://mcp.example",
    "MCP_AUTH0_CLIENT_ID": "bridge",
    "MCP_AUTH0_CLIENT_SECRET": "from-your-secret-store",
    "API_AUTH0_AUDIENCE": "https://api.example/",
    "API_BASE_URL": "https://api.example",
    "SECRET_KEY": "from-your-secret-store-and-at-least-fifty-characters-long",
    "ALLOWED_HOSTS": "mcp.example,api.example",
    "TRUSTED_PROXIES": "10.0.0.0/8",
    "SECURE_SSL_REDIRECT": "true",
    "SECURE_HSTS_SECONDS": "31536000",
    "DEBUG": "false",
}


def tool(name: str, *arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / name), *arguments]


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "manage.py", *arguments]


CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("types", tool("mypy", "."), {}),  # first: it takes longest
    ("format", tool("ruff", "format", "--check", "--quiet", "."), {}),
    ("style", tool("ruff", "check", "--quiet", "."), {}),
    ("dependency rules", tool("lint-imports", "--no-cache"), {}),
    ("migrations", manage("makemigrations", "--check", "--dry-run"), {}),
    ("description of the API", manage("spectacular", "--validate", "--fail-on-warn", "--file", os.devnull),
     {"DJANGO_SETTINGS_MODULE": "config.api.settings"}),
    *[
        (f"deployment of the {service}", manage("check", "--deploy", "--fail-level", "WARNING"),
         PRODUCTION | {"DJANGO_SETTINGS_MODULE": f"config.{service}.settings"})
        for service in ("api", "bridge")
    ],
]  # fmt: skip


def run(name: str, command: list[str], environment: dict[str, str]) -> bool:
    began = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    said = f"\n{(result.stdout + result.stderr).strip()}" if result.returncode else ""
    # In one piece: others report at the same time.
    print(f"{'FAIL' if said else 'ok  '} {name} ({time.monotonic() - began:.0f} s){said}\n", end="", flush=True)
    return result.returncode == 0


def too_long() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],  # noqa: S607 - whichever git the developer uses
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [ROOT / name for name in listed.stdout.split()]
    return [
        str(file.relative_to(ROOT))
        for file in files
        if file.exists() and len(file.read_text().splitlines()) > MAX_LINES
    ]


def pytest(environment: dict[str, str], *arguments: str) -> list[str]:
    """Run pytest. Return one line for each test that failed, or one for the run if pytest itself did."""
    report = Path(environment["STATE_DIR"]) / f"junit-{time.monotonic_ns()}.xml"
    # What is left out is told once, below.
    command = [sys.executable, "-m", "pytest", "-q", "-r", "fE", "--junit-xml", str(report), *arguments]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return [] if status == 0 else failures(report) or [f"pytest ended with exit code {status}: {' '.join(arguments)}"]


def failures(report: Path) -> list[str]:
    """Return the tests that failed, by name, each with the first line of its message."""
    if not report.exists():
        return []
    return [
        f"{kind.tag.upper()} {case.get('classname', '').replace('.', '/')}.py::{case.get('name')}: "
        f"{(kind.get('message') or '').partition(chr(10))[0][:300]}"
        for case in ElementTree.parse(report).iter("testcase")  # noqa: S314 - pytest wrote it
        for kind in case
        if kind.tag in {"failure", "error"}
    ]


def environment_of_the_tests(state: str) -> dict[str, str]:
    """This process's environment without anything of a developer's own configuration."""
    kept = {
        name: value
        for name, value in os.environ.items()
        # OpenTelemetry reads more of its own variables than we do.
        if name not in declared_variables.NAMES | {"DJANGO_SETTINGS_MODULE"} and not name.startswith("OTEL_")
        # The tests start hundreds of processes, and without bytecode each would compile all sources again.
        if name != "PYTHONDONTWRITEBYTECODE"
    }
    return kept | {"ENV_FILE": os.devnull, "STATE_DIR": state}


def run_tests(environment: dict[str, str]) -> list[str]:
    """Run all groups of tests that this machine can run. Return one line for each failure."""
    # Many tests wait more than they work. Those that stop or freeze PostgreSQL have time bounds to keep.
    workers = "3" if GROUPS["postgres"].is_missing() else "2"
    failed = pytest(environment, "-n", workers, "-m", "not processes")
    print("on real processes:", flush=True)
    # By file, so that each worker starts the services once. They wait more than they work.
    failed += pytest(environment, "-n", "3", "-m", "processes", "--dist", "loadfile")
    if not GROUPS["postgres"].is_missing():
        print("once more on PostgreSQL, what stores something:", flush=True)
        stored = environment | {"DATABASE_URL": POSTGRES_URL}
        failed += pytest(stored, "-n", "2", "--create-db", *STORING)
    return failed


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tests-") as state, ThreadPoolExecutor(os.cpu_count()) as pool:
        environment = environment_of_the_tests(state)
        strict = environment | {
            "PYTHONWARNINGS": "error"
        }  # pytest does this itself, and knows where warnings come from
        types, *others = [pool.submit(run, name, command, strict | extra) for name, command, extra in CHECKS]
        passed = [check.result() for check in others]
        for name in too_long():
            print(f"FAIL {name} is longer than {MAX_LINES} lines")
            passed.append(False)
        # Beside the types, which take as long as all other checks together.
        failed = [] if "--only-checks" in sys.argv else run_tests(environment)
        passed.append(types.result())
    if "--only-checks" in sys.argv:
        return 0 if all(passed) else 1
    missing = {name: group for name, group in GROUPS.items() if group.is_missing()}
    for name, group in missing.items():
        print(f"left out: {name}. {group.how_to_enable}")
    is_incomplete = bool(missing) and os.environ.get("REQUIRE_ALL_GROUPS") == "1"
    if is_incomplete:
        print("REQUIRE_ALL_GROUPS is set, so a group that is left out is a failure.")
    for line in failed:  # last, so that nobody has to search three runs for them
        print(line)
    return 1 if is_incomplete or failed or not all(passed) else 0


if __name__ == "__main__":
    sys.exit(main())
