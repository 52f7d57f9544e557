"""The user to whom a page is shown: the verified content of their token, and the time that it has left."""

import time
from dataclasses import dataclass, field

from django.http import HttpRequest

from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.browsable.configuration import BrowserLogin
from on_behalf_of.drf.browsable.forms import may_come_from_a_page
from on_behalf_of.drf.browsable.session_token import SessionToken, drop_token, held_token
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.actor import Actor
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable

MINUTE, HOUR = 60, 3_600


@dataclass(frozen=True)
class Account:
    """The logged-in user as pages show them. It does not contain the encoded token, so pages cannot leak it."""

    token: AccessToken
    withheld: tuple[str, ...] = ()  # scopes that the tenant did not grant when they were asked for
    now: float = field(default_factory=time.time)

    @property
    def scopes(self) -> list[str]:
        return sorted(self.token.scopes)

    @property
    def chain(self) -> tuple[Actor, ...]:
        """Who acts for the user, the current actor first."""
        return self.token.actor.chain() if self.token.actor else ()

    @property
    def oldest_first(self) -> tuple[Actor, ...]:
        """The same in reverse: the first actor first, the current actor last."""
        return self.chain[::-1]

    @property
    def life(self) -> str:
        """The time until the token expires, in words."""
        seconds = self.token.expires_at - self.now
        if seconds < MINUTE:
            return "less than a minute"
        if seconds < 2 * HOUR:
            return f"{seconds // MINUTE:.0f} minute{'s' if seconds >= 2 * MINUTE else ''}"
        return f"{seconds // HOUR:.0f} hours"


def session_token_of(request: HttpRequest) -> SessionToken | None:
    """Return the session's token, or None if no session may authenticate the request."""
    login: BrowserLogin | None = api_configuration().login
    return held_token(request.session, login) if login and may_come_from_a_page(request) else None


def account_of(request: HttpRequest) -> Account | None:
    """Return the account for pages that are not API calls, and that only show who is logged in.

    A token that is no longer valid is dropped. While the issuer's keys cannot be fetched, return None.
    """
    held = session_token_of(request)
    if held is None:
        return None
    try:
        return Account(token_verifier(api_configuration()).verify(held.token), held.withheld)
    except InvalidToken:
        drop_token(request.session)
        return None
    except KeysUnavailable:
        return None


def account_bar(request: HttpRequest) -> dict[str, object]:
    """Return the template context for the header of a page, which shows who is logged in."""
    account = account_of(request)
    return {"account": account, "is_session": account is not None, "login": api_configuration().login}
