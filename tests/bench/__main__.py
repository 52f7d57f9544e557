"""`make bench`: measure what the project costs, on real processes and databases.

`make bench ONLY=peers` runs one suite; a suite's own text names the variables that change it, such as `ROWS=100000`.
A suite never judges speed. `peers` and `growth` fail if an answer is wrong or an answered call has no row, and `soak`
if an answer is wrong. `soak`, which takes five minutes (`SECONDS=60`: one), and `volume`, which is also a part of
`growth`, run only where they are asked for.
"""

import os
import sys
import tempfile
from importlib import import_module

import django

SUITES = ("peers", "growth", "indexes", "api_calls", "tool_lists", "expiring_keys", "recording", "reviewing")
ON_DEMAND = ("soak", "volume")


def main() -> int:
    wanted = sys.argv[1:] or SUITES
    known = (*SUITES, *ON_DEMAND)
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no suite {unknown[0]}; there are {', '.join(known)}.")
        return 2
    is_right = True
    with tempfile.TemporaryDirectory(prefix="bench-") as state:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "ENV_FILE": os.devnull, "STATE_DIR": state}
        django.setup()
        for name in wanted:
            print(f"== {name}", flush=True)
            # Imported here, because models need the set-up. Only False means that a suite failed.
            is_right &= import_module(f"tests.bench.{name}").measure() is not False
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
