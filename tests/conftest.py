"""For all tests: what this machine cannot run is skipped, and how many examples the property tests try."""

import os

import pytest
from hypothesis import settings

from tests.groups import GROUPS

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=2_000, deadline=None, derandomize=True, database=None)
settings.load_profile("long" if os.environ.get("LONG_TESTS") == "1" else "default")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name, group in GROUPS.items():
        if item.get_closest_marker(name) and group.is_missing():
            pytest.skip(f"{name}: {group.how_to_enable}")
