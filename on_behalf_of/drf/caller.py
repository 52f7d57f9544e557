from dataclasses import dataclass

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from on_behalf_of.resource_server.access_token import AccessToken


def token_of(request: Request) -> AccessToken:
    """The verified token of a request. Raises NotAuthenticated where there is none."""
    if not isinstance(request.auth, AccessToken):
        raise NotAuthenticated
    return request.auth


@dataclass(frozen=True)
class Caller:
    """Whoever the token speaks for, as `request.user`. There is no Django user behind it."""

    token: AccessToken
    is_authenticated = True
    is_anonymous = False

    @property
    def pk(self) -> str:
        """What throttles key on."""
        return f"{self.token.issuer} {self.token.subject}"

    def __str__(self) -> str:
        return self.token.subject
