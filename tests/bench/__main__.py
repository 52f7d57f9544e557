"""`make bench`: what the project costs, on real processes and databases. It measures; it never judges.

`make bench ONLY=reviewing` runs one scenario; `ROWS=100000` makes the log of that one shorter.
"""

import os
import sys
import tempfile
from importlib import import_module

import django

SCENARIOS = ("starting", "api_calls", "tool_calls", "recording", "volume", "reviewing")


def main() -> int:
    wanted = sys.argv[1:] or SCENARIOS
    if unknown := [name for name in wanted if name not in SCENARIOS]:
        print(f"There is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}.")
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-") as state:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "ENV_FILE": os.devnull, "STATE_DIR": state}
        django.setup()
        for name in wanted:
            print(f"== {name}", flush=True)
            import_module(f"tests.bench.{name}").measure()  # now, for models can be imported only after the set-up
    return 0


if __name__ == "__main__":
    sys.exit(main())
