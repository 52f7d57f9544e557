"""Logins that were begun: what must be remembered between sending a browser to the tenant and its return."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.primitives.sealed_box import Unsealable, seal_text, unseal_text

KEY = "api_pending_logins"
LIFETIME = 600  # seconds
MAX_PENDING = 4  # in one session, for people with several tabs; the oldest gives way


@dataclass(frozen=True)
class PendingLogin:
    scopes: tuple[str, ...]  # that were asked for
    back: str  # a local path
    code_verifier: str = field(repr=False)
    began: float = field(default_factory=time.time)  # seconds since the epoch


def remember(session: SessionBase, login: BrowserLogin, state: str, pending: PendingLogin) -> None:
    """Under the hash of `state`: what the session holds does not tell it."""
    name = _name(state)
    kept = list(_all(session).items())[-(MAX_PENDING - 1) :]
    session[KEY] = dict([*kept, (name, seal_text(json.dumps(asdict(pending)), key=login.session_key, purpose=name))])


def take(session: SessionBase, login: BrowserLogin, state: str) -> PendingLogin | None:
    """The login that was begun with `state`, once; None where this session began none, or too long ago.

    It is gone from the session before this returns, whatever becomes of the rest of the request.
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
    except (Unsealable, TypeError, KeyError):  # the latter: another version of this code began it
        return None
    return found if 0 <= time.time() - found.began < LIFETIME else None


def forget_all(session: SessionBase) -> None:
    session.pop(KEY, None)


def _all(session: SessionBase) -> dict[str, object]:
    return dict(session.get(KEY) or {})


def _name(state: str) -> str:
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()
