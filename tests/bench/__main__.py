"""`make bench`: measure what the project costs, on real processes and databases. It does not pass or fail.

`make bench ONLY=reviewing` runs one scenario; `ROWS=100000` makes the log of that one shorter.
`make bench ONLY=soak` runs only where it is asked for: it takes five minutes (`SECONDS=60`: one), and it does judge.
"""

import os
import sys
import tempfile
from importlib import import_module

import django

SCENARIOS = ("starting", "api_calls", "expiring_keys", "tool_calls", "recording", "volume", "reviewing")
ON_DEMAND = ("soak",)


def main() -> int:
    wanted = sys.argv[1:] or SCENARIOS
    known = (*SCENARIOS, *ON_DEMAND)
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no scenario {unknown[0]}; there are {', '.join(known)}.")
        return 2
    is_right = True
    with tempfile.TemporaryDirectory(prefix="bench-") as state:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "ENV_FILE": os.devnull, "STATE_DIR": state}
        django.setup()
        for name in wanted:
            print(f"== {name}", flush=True)
            # Imported here, because models need the set-up. Only False means that a scenario failed.
            is_right &= import_module(f"tests.bench.{name}").measure() is not False
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
