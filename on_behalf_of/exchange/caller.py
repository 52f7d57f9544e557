from dataclasses import dataclass, field

from on_behalf_of.resource_server.access_token import AccessToken


@dataclass(frozen=True)
class Caller:
    """The user on whose behalf a service acts: token A, verified, with its text.

    The text is the `subject_token` of the exchange. It goes to the tenant's token endpoint and nowhere else.
    """

    token: AccessToken
    subject_token: str = field(repr=False)
    address: str = ""  # the user's, empty if unknown
