import re
from collections.abc import Sequence

from on_behalf_of.resource_server.refusals import InvalidRequest, MissingToken, Reason

SCHEME = "bearer"  # in upper or lower case (RFC 9110 §11.1)
_TOKEN = re.compile(r" +([A-Za-z0-9\-._~+/]+=*)")  # RFC 6750 §2.1


def read_bearer_token(values: Sequence[str]) -> str:
    """Return the token in a request's Authorization header.

    `values` are all values of that header. They may also be joined with commas, as WSGI servers do, because a token
    contains no comma. Raises MissingToken if the caller did not try to authenticate with a bearer token,
    InvalidRequest if it tried in a form that RFC 6750 §2.1 does not allow. Not checked: the token itself.
    """
    if not values:
        raise MissingToken
    if len(values) > 1:
        raise InvalidRequest(Reason.SEVERAL_AUTHORIZATIONS)
    value = values[0].strip(" \t")
    scheme = value.partition(" ")[0].lower()
    if scheme != SCHEME:
        raise MissingToken
    if match := _TOKEN.fullmatch(value, len(SCHEME)):
        return match[1]
    if "," in value:
        raise InvalidRequest(Reason.SEVERAL_AUTHORIZATIONS)
    raise InvalidRequest(Reason.MALFORMED_AUTHORIZATION)
