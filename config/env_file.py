import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.environment import Variable, kinds
from on_behalf_of.environment.variable import ALL
from on_behalf_of.primitives.atomic_file import replace_file

_ASSIGNMENT = re.compile(r"(export )?[A-Za-z_][A-Za-z0-9_]*=.*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=|~^-]*")  # needs no quotes

ENV_FILE = Variable("ENV_FILE", kinds.text, "a file to read variables from, instead of `.env`", ALL, otherwise="`.env`")


def read_env_file(default: Path) -> None:
    """Add variables from a `.env` file to the environment, except those that the environment sets already.

    The file is the one that ENV_FILE names, else `default`, which need not exist. Raises ImproperlyConfigured, which
    names the file and the line, but never quotes the line, because it may hold a secret.
    """
    named = os.environ.get(ENV_FILE.name)
    if named == os.devnull:
        return
    path = Path(named or default)
    if named and not path.is_file():
        raise ImproperlyConfigured("ENV_FILE must name a file that exists.")
    if not path.is_file():
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read. It must be a readable file with UTF-8 text.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#") and not _ASSIGNMENT.fullmatch(line.strip()):
            raise ImproperlyConfigured(
                f"{path}, line {number}: write NAME=value, without spaces around the equals sign."
            )
    environ.Env.read_env(io.StringIO(_stripped(text)))


def assignments(path: Path) -> dict[str, str]:
    """Return the variables of the file at `path`, and only those; {} if the file does not exist."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    reader: Any = type("Reader", (environ.Env,), {"ENVIRON": {}})
    reader.read_env(io.StringIO(_stripped(text)))
    return dict(reader.ENVIRON)


def _stripped(text: str) -> str:
    """Return only the assignments, without surrounding spaces. environ would log the content of other lines."""
    return "\n".join(line.strip() for line in text.splitlines() if _ASSIGNMENT.fullmatch(line.strip()))


def assign(path: Path, values: Mapping[str, str]) -> None:
    """Write `values` into the file at `path`: replace the lines that assign those names, or append new ones.

    All other lines stay as they are. The new file replaces the old one atomically, and only this user can read it.
    Raises ValueError for a value that cannot be written in one line.
    """
    path = path.resolve()  # write the target of a symbolic link
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""  # keeps the line endings
    left, lines = dict(values), []
    for line in text.splitlines(keepends=True):
        name = _name(line)
        if name in left:
            export = "export " if line.lstrip().startswith("export ") else ""
            lines.append(f"{export}{_line(name, left.pop(name))}\n")
        elif name not in values:
            lines.append(line)
        # Drop a second assignment of the same name, because the last one would win.
    if left and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines += [f"{_line(name, value)}\n" for name, value in left.items()]
    replace_file(path, "".join(lines))


def _name(line: str) -> str:
    """Return the name that a line assigns to; empty for comments and blank lines."""
    assignment = _ASSIGNMENT.fullmatch(line.strip())
    return line.strip().removeprefix("export ").partition("=")[0] if assignment else ""


def _line(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    if "'" in value or not value.isprintable():
        raise ValueError(name)
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):  # environ would strip these quotes, too
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    return f"{name}='{value}'"
