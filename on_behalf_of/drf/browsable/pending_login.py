"""Logins in progress: what the session remembers while the browser is at the tenant."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.primitives.sealed_box import Unsealable, seal_text, unseal_text

KEY = "api_pending_logins"
LIFETIME = 600  # seconds
MAX_PENDING = 4  # in one session, for people with several tabs; the oldest is dropped


@dataclass(frozen=True)
class PendingLogin:
    scopes: tuple[str, ...]  # those that were requested
    back: str  # a local path
    code_verifier: str = field(repr=False)
    began: float = field(default_factory=time.time)  # seconds since the epoch


def remember(session: SessionBase, login: BrowserLogin, state: str, pending: PendingLogin) -> None:
    """Store the login under the hash of `state`, so that the session does not reveal `state`."""
    name = _name(state)
    kept = list(_all(session).items())[-(MAX_PENDING - 1) :]
    session[KEY] = dict([*kept, (name, seal_text(json.dumps(asdict(pending)), key=login.session_key, purpose=name))])


def take(session: SessionBase, login: BrowserLogin, state: str) -> PendingLogin | None:
    """Return the login that was begun with `state`, once; None if this session began none, or too long ago.

    It is removed from the session before this returns, even if the rest of the request fails.
    """
    name, pending = _name(state), _all(session)
    sealed = pending.pop(name, None)
    if sealed is None:
        return None
    session[KEY] = pending
    session.save()
    try:
        members = json.loads(unseal_text(sealed, key=login.session_key, purpose=name))
        found = PendingLogin(**members | {"scopes": tuple(members["scopes"])})
    except (Unsealable, TypeError, KeyError):  # the latter two: another version of this code began it
        return None
    return found if 0 <= time.time() - found.began < LIFETIME else None


def forget_all(session: SessionBase) -> None:
    session.pop(KEY, None)


def _all(session: SessionBase) -> dict[str, object]:
    return dict(session.get(KEY) or {})


def _name(state: str) -> str:
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()
