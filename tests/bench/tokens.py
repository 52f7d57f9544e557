"""Access tokens that are made before the load, because signing one costs as much as half a call."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.issuer import Issuer

LIFETIME = 7_200  # seconds
SUBJECT = "auth0|bench"
CHUNK = 500  # tokens that a process makes at a time


@dataclass
class Tokens:
    """A file with one token in each line, which each target uses from the start.

    None is used twice, unless they cycle: then, the first one follows the last.
    """

    file: Path
    count: int
    cycles: bool = False
    used: dict[str, int] = field(default_factory=dict)  # target -> lines

    def first_unused(self, target: str) -> int:
        return self.used.get(target, 0)

    def use(self, target: str, count: int) -> None:
        self.used[target] = self.first_unused(target) + count


def make_tokens(issuer: Issuer, file: Path, count: int, *, cycles: bool = False, **claims: Any) -> Tokens:
    """Sign tokens in Auth0's own dialect, each for another user."""
    options = {"dialect": "auth0", "lifetime": LIFETIME, **claims}
    if count == 1:
        file.write_text(f"{issuer.token(subject=SUBJECT, **options)}\n")
        return Tokens(file, 1, cycles)
    firsts = range(0, count, CHUNK)
    # Forked processes inherit the issuer, whose keys cannot be pickled.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count(), context, _Signer.start, (issuer, options)) as pool:
        ends = [min(first + CHUNK, count) for first in firsts]
        file.write_text("".join(pool.map(_Signer.sign, firsts, ends)))
    return Tokens(file, count, cycles)


class _Signer:
    """What a process of the pool signs with."""

    issuer: Issuer
    options: dict[str, Any]

    @classmethod
    def start(cls, issuer: Issuer, options: dict[str, Any]) -> None:
        cls.issuer, cls.options = issuer, options

    @classmethod
    def sign(cls, first: int, end: int) -> str:
        names = (f"{SUBJECT}-{number:06}" for number in range(first, end))
        return "".join(f"{cls.issuer.token(subject=name, **cls.options)}\n" for name in names)
