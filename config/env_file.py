import io
import os
import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

_ASSIGNMENT = re.compile(r"(export )?[A-Za-z_][A-Za-z0-9_]*=.*")


def read_env_file(default: Path) -> None:
    """Add to the environment what a `.env` file says and the environment does not say yet.

    The file is the one that ENV_FILE names, else `default`, which need not exist. What cannot be read is refused
    by file and line, never by content: a secret may stand there.
    """
    named = os.environ.get("ENV_FILE")
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
    environ.Env.read_env(io.StringIO(text))
