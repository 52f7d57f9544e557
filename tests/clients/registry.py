"""All clients of the matrix: those of every `drive.py`, which holds CLIENTS."""

import importlib
from pathlib import Path

from tests.clients.client import Client

HERE = Path(__file__).resolve().parent


def clients() -> list[Client]:
    drivers = sorted([*HERE.glob("*/drive.py"), *HERE.glob("agents/*/drive.py")])
    names = [".".join(("tests.clients", *driver.relative_to(HERE).with_suffix("").parts)) for driver in drivers]
    found = [client for name in names for client in importlib.import_module(name).CLIENTS]
    return sorted(found, key=lambda client: client.name.lower())
