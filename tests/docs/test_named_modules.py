"""Modules and files that docstrings, comments and pages name exist."""

import re
from importlib import import_module
from importlib.util import find_spec

import pytest

from config.environment import BASE_DIR
from tests.docs.blocks import pages

ROOTS = ("on_behalf_of", "downstream_api", "mcp_bridge", "local_tenant", "config", "operations")
DOTTED = re.compile(rf"`((?:{'|'.join(ROOTS)})(?:\.[A-Za-z_]\w*)+)`")
FILE = re.compile(rf"`((?:{'|'.join(ROOTS)}|tests)/[\w./-]+\.py)`")
MADE_BY_THE_READER = {"docs/add-a-tool.md", "docs/tutorial.md"}  # these pages have the reader write some of the files
SOURCES = [str(file.relative_to(BASE_DIR)) for root in ROOTS for file in (BASE_DIR / root).rglob("*.py")]


def exists(name: str) -> bool:
    """Return whether `name` is a module, or a name in one."""
    parts = name.split(".")
    for number in range(len(parts), 0, -1):
        try:
            found = find_spec(".".join(parts[:number]))
        except ModuleNotFoundError:
            continue
        if found is None:
            continue
        value: object = import_module(".".join(parts[:number]))
        for part in parts[number:]:
            if not hasattr(value, part):
                return False
            value = getattr(value, part)
        return True
    return False


@pytest.mark.parametrize("file", [*SOURCES, *pages()])
def test_every_module_that_a_text_names_exists(file: str) -> None:
    text = (BASE_DIR / file).read_text(encoding="utf-8")
    assert [name for name in DOTTED.findall(text) if not exists(name)] == []
    if file not in MADE_BY_THE_READER:
        assert [name for name in FILE.findall(text) if not (BASE_DIR / name).exists()] == []
