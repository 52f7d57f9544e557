"""Secrets for unset variables: generated once, and kept in files that only this user can read."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.primitives.atomic_file import create_file


def kept_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
    """Return the text of the file at `path`. If there is no file, make one with mode 0600 first.

    Several processes may call this at once: each writes its own file, and the first one to link it to the final name
    wins, so that all processes read the same, complete secret. Raises ImproperlyConfigured.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_file(path, make())
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read or created ({error.strerror}). Make {path.parent} writable, or set STATE_DIR to a "
            "writable directory."
        ) from error


def derived_secret(secret: str, purpose: str) -> str:
    """Derive a separate secret for each purpose, so that each service rejects the others' signatures."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()
