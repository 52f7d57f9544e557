import hashlib
from dataclasses import dataclass, field

from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.authorization_header import read_bearer_token


@dataclass(frozen=True)
class Caller:
    """The user on whose behalf a service acts: token A, verified, with its text.

    The text is the `subject_token` of the exchange. It goes to the tenant's token endpoint and nowhere else.
    """

    token: AccessToken
    subject_token: str = field(repr=False)
    address: str = ""  # the user's, empty if unknown

    @classmethod
    def from_header(cls, token: AccessToken, authorization: str | None, *, address: str = "") -> "Caller":
        """Return the caller whose request carried this Authorization header and was verified as `token`.

        Raises MissingToken or InvalidRequest if the header has no bearer token, ValueError if its token is not the
        verified one.
        """
        text = read_bearer_token([authorization] if authorization else [])
        if hashlib.sha256(text.encode()).hexdigest() != token.digest:
            raise ValueError("the Authorization header holds another token than the verified one")
        return cls(token, text, address)
