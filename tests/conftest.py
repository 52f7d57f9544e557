"""For all tests: how many examples the property tests try."""

import os

from hypothesis import settings

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=2_000, deadline=None, derandomize=True, database=None)
settings.load_profile("long" if os.environ.get("LONG_TESTS") == "1" else "default")
