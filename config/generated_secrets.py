"""Secrets that are not configured: made once, kept in files that only this user can read."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.primitives.atomic_file import create_file


def kept_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
    """The text of the file at `path`, made first when there is none.

    Several processes may ask at once: each writes a file of its own, and the first to link it under the
    final name wins, so that all of them read the same, complete secret. The file's mode is 0600.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_file(path, make())
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read or made ({error.strerror}): make {path.parent} writable, or set STATE_DIR to a "
            "directory that is."
        ) from error


def derived_secret(secret: str, purpose: str) -> str:
    """A secret of its own for each purpose, so that what one service signs no other accepts."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()
