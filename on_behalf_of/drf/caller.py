from dataclasses import dataclass

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from on_behalf_of.resource_server.access_token import AccessToken


def is_projects_user(request: Request) -> bool:
    """Return whether another authentication class of the project identified the caller, without an access token."""
    return not isinstance(request.auth, AccessToken) and getattr(request.user, "is_authenticated", False)


def token_of(request: Request) -> AccessToken:
    """Return the verified token of a request. Raises NotAuthenticated if there is none."""
    if not isinstance(request.auth, AccessToken):
        raise NotAuthenticated
    return request.auth


@dataclass(frozen=True)
class Caller:
    """`request.user` for a token if the setting USER is not set: the user on whose behalf the call is made."""

    token: AccessToken
    is_authenticated = True
    is_anonymous = False

    @property
    def pk(self) -> str:
        """The key that DRF's throttles count by."""
        return f"{self.token.issuer} {self.token.subject}"

    def __str__(self) -> str:
        return self.token.subject
