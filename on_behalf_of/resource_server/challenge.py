import re
from collections.abc import Sequence

from on_behalf_of.resource_server.refusals import BearerTokenError, InsufficientScope

# error_description and scope allow no quotes, no backslashes, and only ASCII (RFC 6750 §3).
_NOT_QUOTABLE = re.compile(r"[^ !#-\[\]-~]")


def challenge(
    error: BearerTokenError, *, resource_metadata: str, scope: Sequence[str] = (), kind: str = "resource"
) -> str:
    """Return the value of WWW-Authenticate for a refusal (RFC 6750 §3, RFC 9728 §5.1).

    `scope` tells a client without a token what to ask for. InsufficientScope names its own scopes, all at once, so that
    one more consent is enough. `kind` is the word for the resource in the description, such as "API".
    """
    parameters: dict[str, str] = {}
    if error.error is not None:
        parameters |= {"error": error.error, "error_description": error.description_by(kind)}
    if scopes := error.to_ask_for if isinstance(error, InsufficientScope) else scope:
        parameters["scope"] = " ".join(scopes)
    parameters["resource_metadata"] = resource_metadata
    return "Bearer " + ", ".join(f'{name}="{_quotable(value)}"' for name, value in parameters.items())


def _quotable(value: str) -> str:
    return _NOT_QUOTABLE.sub("", value)
