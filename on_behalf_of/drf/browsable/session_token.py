"""The access token that a session holds. It is sealed, so that reading the database or a backup does not reveal it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.primitives.sealed_box import Unsealable, seal_text, unseal_text

KEY = "api_access_token"
_PURPOSE = "access token of a session"


@dataclass(frozen=True)
class SessionToken:
    """A token as it was stored. Not verified: each use verifies it again."""

    token: str = field(repr=False)
    withheld: tuple[str, ...] = ()  # requested scopes that the tenant did not grant


def keep_token(request: HttpRequest, login: BrowserLogin, token: str, withheld: Iterable[str] = ()) -> None:
    """Put the token into the session, replacing an earlier one.

    The session gets a new key, so that a key that an attacker planted or saw is useless (session fixation). An
    auditor's login to the admin, which may be in the same session, continues under the new key.
    """
    request.session.cycle_key()
    rotate_token(request)
    sealed = seal_text(token, key=login.session_key, purpose=_PURPOSE)
    request.session[KEY] = {"sealed": sealed, "withheld": list(withheld)}


def held_token(session: SessionBase, login: BrowserLogin) -> SessionToken | None:
    """Return the session's token, or None. One that cannot be unsealed, as after a change of SECRET_KEY, is dropped."""
    held = session.get(KEY)
    if held is None:
        return None
    try:
        token = unseal_text(held["sealed"], key=login.session_key, purpose=_PURPOSE)
        return SessionToken(token, tuple(held["withheld"]))
    except (Unsealable, KeyError, TypeError):
        drop_token(session)
        return None


def drop_token(session: SessionBase) -> None:
    session.pop(KEY, None)


def end_session(session: SessionBase) -> None:
    """Log out. An auditor's login to the admin stays, under a new key; without one, the whole session ends."""
    if set(session.keys()) - {KEY}:
        drop_token(session)
        session.cycle_key()
    else:
        session.flush()
