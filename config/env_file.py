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

ENV_FILE = Variable("ENV_FILE", kinds.text, "another file to read variables from", ALL, otherwise="`.env`")


def read_env_file(default: Path) -> None:
    """Add to the environment what a `.env` file says and the environment does not say yet.

    The file is the one that ENV_FILE names, else `default`, which need not exist. What cannot be read is refused
    by file and line, never by content: a secret may stand there.
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
        raise ImproperlyConfigured(f"{path} cannot be read: it must be readable, and text in UTF-8.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#") and not _ASSIGNMENT.fullmatch(line.strip()):
            raise ImproperlyConfigured(f"{path}, line {number}: write NAME=value, without blanks around the sign.")
    environ.Env.read_env(io.StringIO(_stripped(text)))


def assignments(path: Path) -> dict[str, str]:
    """Return what the file at `path` says, whatever the environment says; empty if there is no such file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    reader: Any = type("Reader", (environ.Env,), {"ENVIRON": {}})
    reader.read_env(io.StringIO(_stripped(text)))
    return dict(reader.ENVIRON)


def _stripped(text: str) -> str:
    """Return the assignments without blanks around them. environ would skip other lines, and log what they say."""
    return "\n".join(line.strip() for line in text.splitlines() if _ASSIGNMENT.fullmatch(line.strip()))


def assign(path: Path, values: Mapping[str, str]) -> None:
    """Write `values` into the file at `path`: in place of the lines that assign those names, or at its end.

    All other lines stay as they are. The new file replaces the old one in one step, and only this user can read it.
    Raises ValueError for a value that no line can hold.
    """
    path = path.resolve()  # what a symbolic link points to is what gets written
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""  # line ends as they are
    left, lines = dict(values), []
    for line in text.splitlines(keepends=True):
        name = _name(line)
        if name in left:
            export = "export " if line.lstrip().startswith("export ") else ""
            lines.append(f"{export}{_line(name, left.pop(name))}\n")
        elif name not in values:
            lines.append(line)
        # A second line for one of the names goes, for it would be the one that counts.
    if left and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines += [f"{_line(name, value)}\n" for name, value in left.items()]
    replace_file(path, "".join(lines))


def _name(line: str) -> str:
    """The name that a line assigns to; empty for comments and blank lines."""
    assignment = _ASSIGNMENT.fullmatch(line.strip())
    return line.strip().removeprefix("export ").partition("=")[0] if assignment else ""


def _line(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    if "'" in value or not value.isprintable():
        raise ValueError(name)
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):  # environ takes these off, too
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    return f"{name}='{value}'"
