"""Groups of tests that need something beyond Python, and how to tell whether this machine has it."""

import functools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "")


@dataclass(frozen=True)
class Group:
    """Tests that carry a marker of the same name."""

    is_missing: Callable[[], bool]
    how_to_enable: str


def chromium() -> str | None:
    """The browser that the tests drive."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@functools.cache
def _no_postgres() -> bool:
    if not POSTGRES_URL:
        return True
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return True
    return False


GROUPS = {
    "postgres": Group(
        _no_postgres,
        "Set TEST_POSTGRES_URL to a server where databases may be made, such as postgres://postgres@127.0.0.1/postgres.",
    ),
    "browser": Group(
        lambda: chromium() is None, "Install Chromium (Debian: apt-get install chromium), or name it with CHROMIUM."
    ),
}
