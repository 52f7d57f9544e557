"""`python -m tests.clients [NAME ...]`: run clients against what `make run` starts; a row for each."""

import importlib
import json
import sys
import tempfile
import traceback
from pathlib import Path

from tests.clients.client import Client, Row, Seen, judge
from tests.clients.make_run import MakeRun
from tests.clients.room import room
from tests.groups import node

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"


def clients() -> list[Client]:
    """Of every `drive.py`; it holds CLIENTS."""
    drivers = sorted([*HERE.glob("*/drive.py"), *HERE.glob("agents/*/drive.py")])
    names = [".".join(("tests.clients", *driver.relative_to(HERE).with_suffix("").parts)) for driver in drivers]
    return [client for name in names for client in importlib.import_module(name).CLIENTS]


def run(services: MakeRun, client: Client, folder: Path) -> tuple[Row, list[str]]:
    """Drive one client; its row, and the hosts beyond this machine that it asked for."""
    seen = Seen()
    with room(services, folder, node=node()) as here:
        try:
            client.drive(here, seen)
        except Exception:  # noqa: BLE001 - a row tells how far it got; the reason is printed
            traceback.print_exc()
        return judge(client, here, seen), here.network.hosts


def main(arguments: list[str]) -> int:
    named = [each for each in arguments if not each.startswith("-")]
    chosen = [client for client in clients() if not named or client.name in named]
    expected = {row["client"]: row for row in json.loads(RESULTS.read_text())} if RESULTS.exists() else {}
    rows, is_well = dict(expected), True
    with tempfile.TemporaryDirectory(prefix="clients-") as scratch, MakeRun(Path(scratch) / "state").up() as services:
        for number, client in enumerate(chosen):
            try:
                client.version()
            except FileNotFoundError:
                print(f"{client.name}: not installed; run `make clients`", flush=True)
                is_well = False
                continue
            row, hosts = run(services, client, Path(scratch) / str(number))
            print(
                json.dumps(row.as_dict()),
                *([f"asked for {', '.join(sorted(set(hosts)))}"] if hosts else []),
                flush=True,
            )
            if row.as_dict() != expected.get(client.name) or hosts:
                is_well = False
            rows[client.name] = row.as_dict()
    if "--write" in arguments:
        RESULTS.write_text(json.dumps([rows[name] for name in sorted(rows)], indent=1, ensure_ascii=False) + "\n")
        return 0
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
