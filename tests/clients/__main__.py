"""`python -m tests.clients [NAME ...]`: run clients against what `make run` starts; a row for each.

    --ci     only those that are a group of CI; one that is not installed is then a failure
    --rows   a file to write the rows to, as JSON
    --write  put the rows into results.json and docs/clients.md

The exit code tells whether the rows are those of results.json, and no client asked for anything beyond this machine.
"""

import argparse
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.clients.client import Client, Row, Seen, judge
from tests.clients.make_run import MakeRun
from tests.clients.network import is_inside, run_inside, settle_inside
from tests.clients.registry import clients
from tests.clients.results import known_rows, table, write_rows
from tests.clients.room import room
from tests.groups import node


def run(services: MakeRun, client: Client, folder: Path) -> tuple[Row, list[str]]:
    """Run one client. Return its row, and the external hosts that it tried to reach."""
    seen = Seen()
    with room(services, folder, node=node()) as here:
        try:
            client.drive(here, seen)
        except Exception:  # noqa: BLE001 - a row tells how far it got; the reason is printed
            traceback.print_exc()
        return judge(client, here, seen), here.network.hosts


def is_installed(client: Client) -> bool:
    try:
        client.version()
    except FileNotFoundError:
        return False
    return True


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args(arguments)
    ended = run_inside("tests.clients", arguments)
    if ended is not None:
        return ended
    if is_inside():
        settle_inside()

    known, every = known_rows(), clients()
    if unknown := set(chosen.names) - {client.name for client in every}:
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    rows, faults = dict[str, Row](), list[str]()
    with tempfile.TemporaryDirectory(prefix="clients-") as scratch, MakeRun(Path(scratch) / "state").up() as services:
        for number, client in enumerate(every):
            if (chosen.names and client.name not in chosen.names) or (chosen.ci and not client.is_for_ci):
                continue
            if not is_installed(client):
                print(f"{client.name}: not installed; `make clients` does that", flush=True)
                if chosen.ci or client.name in chosen.names:
                    faults.append(f"{client.name} is not installed")
                continue
            began = time.monotonic()
            row, hosts = run(services, client, Path(scratch) / str(number))
            rows[client.name] = row
            print(f"{client.name} {row.version} ({time.monotonic() - began:.0f} s)", flush=True)
            if hosts:
                faults.append(f"{client.name} asked for {', '.join(sorted(set(hosts)))}")
            if row != known.get(client.name):
                faults.append(f"the row of {client.name} is not the one of results.json")
    print(table(rows.values()))
    if chosen.rows:
        chosen.rows.write_text(json.dumps([row.as_dict() for row in rows.values()]))
    if chosen.write:
        write_rows(known | rows)
        return 0
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
