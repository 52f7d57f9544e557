from dataclasses import dataclass

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from on_behalf_of.resource_server.access_token import AccessToken


def is_projects_user(request: Request) -> bool:
    """Return whether another authentication class of the project, and no access token, says who is calling."""
    return not isinstance(request.auth, AccessToken) and getattr(request.user, "is_authenticated", False)


def token_of(request: Request) -> AccessToken:
    """Return the verified token of a request. Raises NotAuthenticated if there is none."""
    if not isinstance(request.auth, AccessToken):
        raise NotAuthenticated
    return request.auth


@dataclass(frozen=True)
class Caller:
    """The user that a token speaks for, as `request.user`, if the setting USER names no function of the project's."""

    token: AccessToken
    is_authenticated = True
    is_anonymous = False

    @property
    def pk(self) -> str:
        """What throttles key on."""
        return f"{self.token.issuer} {self.token.subject}"

    def __str__(self) -> str:
        return self.token.subject
