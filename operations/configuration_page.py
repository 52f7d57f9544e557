"""`python -m operations.configuration_page`: write docs/configuration.md and .env.example from the declarations."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.environment import BASE_DIR
from on_behalf_of.environment import Variable, setting_from_environment
from on_behalf_of.environment.variable import ALL
from operations.declared_variables import SECTIONS, VARIABLES

PAGE, EXAMPLE = Path("docs/configuration.md"), Path(".env.example")
WIDTH = 120
PROJECTS = "projects"
BEFORE = """\
# Configuration

Without any variables, everything defaults to the local tenant. Variables come from the environment or from a `.env`
file ([`.env.example`](../.env.example)). If one is missing or wrong, the service does not start, and one sentence names
it. A blank variable counts as unset.

A project that installs the library writes the setting `ON_BEHALF_OF`, or lets `from_environment()` read the variables
that *projects* need below: [Add it to your project](adopt.md). `caches_from_environment()` reads those of the cache.

`make variables` writes this page from the variables' declarations, which are in `on_behalf_of/environment/` and
`config/environment.py`.
"""
BEFORE_EXAMPLE = """\
# Copy to .env. Without it everything runs against the local tenant.
# `manage.py auth0_setup --domain example.eu.auth0.com` sets up an Auth0 tenant and fills this in.
# These are the names of Auth0's On-Behalf-Of quickstart and a few more; docs/configuration.md has them all.
"""


def files() -> dict[Path, str]:
    """Return what each file should hold, by its path below the repository."""
    return {PAGE: "\n".join((BEFORE, *_sections())), EXAMPLE: "\n".join((BEFORE_EXAMPLE, *_assignments()))}


def _sections() -> Iterator[str]:
    for section in SECTIONS:
        yield f"## {section.title}\n"
        yield "| variable | default | needed by | meaning |"
        yield "|---|---|---|---|"
        yield from map(_row, section.variables)
        yield ""


def _row(variable: Variable[Any]) -> str:
    default = variable.otherwise or (f"`{variable.default}`" if variable.default else "")
    needed_by = "all services" if variable.needed_by == ALL else ", ".join(variable.needed_by)
    readers = ", ".join(filter(None, (needed_by, PROJECTS if variable in setting_from_environment.VARIABLES else "")))
    return f"| `{variable.name}` | {default} | {readers} | {variable.meaning} |".replace("|  |", "| |")


def _assignments() -> Iterator[str]:
    for variable in VARIABLES:
        if variable.example is not None:
            meaning = re.sub(r"\(\[[^\]]+\]\((\w[^)]*)\)\)", r"(docs/\1)", variable.meaning)
            meaning = re.sub(r"\[([^\]]+)\]\((\w[^)]*)\)", r"\1 (docs/\2)", meaning).replace("`", "")
            meaning = f"{meaning[0].upper()}{meaning[1:]}."
            lines = textwrap.wrap(meaning, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
            yield "\n".join(lines)
            yield f"{variable.name}={variable.example}\n"


def main() -> None:
    """Write both files."""
    for path, text in files().items():
        (BASE_DIR / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
