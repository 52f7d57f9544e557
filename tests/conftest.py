"""For all tests: how many examples the property tests try, and which groups of tests this machine can run."""

import os

import pytest
from hypothesis import settings

from tests.groups import GROUPS

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=2_000, deadline=None, derandomize=True, database=None)
settings.load_profile("long" if os.environ.get("LONG_TESTS") == "1" else "default")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests whose group this machine lacks; tests/run.py names the groups at the end."""
    for item in items:
        for name, group in GROUPS.items():
            if item.get_closest_marker(name) and group.is_missing():
                item.add_marker(pytest.mark.skip(reason=group.how_to_enable))
