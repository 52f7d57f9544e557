"""What the soak's processes hold over time: memory, open files, connections."""

import statistics
from dataclasses import dataclass, field

import psutil
import psycopg
import redis
import requests

from tests.bench.processes import listening

WARM_UP = 1 / 3  # of the looks
MOST = 0.05  # part by which memory may differ between the beginning (after the warm-up) and the end


@dataclass
class Look:
    memory: dict[str, float]  # service -> PSS of all its processes, in MB
    files: dict[str, int]  # service -> open files and sockets
    threads: dict[str, int]
    database: int  # connections
    cache: int  # connections


@dataclass
class Figures:
    ports: dict[str, int]
    database_url: str
    cache_url: str
    looks: list[Look] = field(default_factory=list)

    def take(self) -> None:
        trees = {name: _tree(port) for name, port in self.ports.items()}
        with psycopg.connect(self.database_url) as connection:
            counted = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        with redis.Redis.from_url(self.cache_url) as client:
            clients = client.info("clients")["connected_clients"] - 1  # but for this one
        self.looks.append(
            Look(
                {name: sum(each.memory_full_info().pss for each in tree) / 1e6 for name, tree in trees.items()},
                {name: sum(each.num_fds() for each in tree) for name, tree in trees.items()},
                {name: sum(each.num_threads() for each in tree) for name, tree in trees.items()},
                counted[0] if counted else 0,
                clients,
            )
        )


def told(figures: Figures, issuer: str) -> str:
    """Compare the start with the end, after the first third of the samples, which is warm-up."""
    lines = []
    looks = figures.looks[int(len(figures.looks) * WARM_UP) :]
    for name in figures.ports:
        everything = [look.memory[name] for look in figures.looks]
        lines.append(f"  memory of the {name}, MB: " + " ".join(f"{each:.0f}" for each in everything[::6]))
        change = _change([look.memory[name] for look in looks])
        lines.append(f"    after the warm-up {change:+.1%}{'' if abs(change) <= MOST else ': NOT FLAT'}")
        lines.append(f"    open files {_range([look.files[name] for look in looks])}")
        lines.append(f"    threads {_range([look.threads[name] for look in looks])}")
    lines.append(f"  connections to PostgreSQL {_range([look.database for look in looks])}")
    lines.append(f"  connections to Redis {_range([look.cache for look in looks])}")
    lines.append(f"  exchanges {requests.get(f'{issuer}count', timeout=5).text}")
    return "\n".join(lines)


def _tree(port: int) -> list[psutil.Process]:
    """Return the processes that listen on `port`, and their children."""
    found = {each.pid: each for each in listening(port)}
    for each in list(found.values()):
        found |= {child.pid: child for child in each.children(recursive=True)}
    return list(found.values())


def _change(values: list[float]) -> float:
    """Return the change from the first to the last fifth, relative to the first."""
    if not values:
        return 0.0
    fifth = max(1, len(values) // 5)
    return statistics.mean(values[-fifth:]) / statistics.mean(values[:fifth]) - 1


def _range(values: list[int]) -> str:
    if not values:
        return "not looked at"
    fifth = max(1, len(values) // 5)
    first, last = statistics.mean(values[:fifth]), statistics.mean(values[-fifth:])
    return f"{first:.0f} at first, {last:.0f} at the end, {min(values)} to {max(values)} between"
