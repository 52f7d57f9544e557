import base64
import json
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from on_behalf_of.drf.browsable.account import session_token_of
from on_behalf_of.drf.browsable.json_page import marked_up
from on_behalf_of.primitives.strict_json import parse_object


def all_claims(request: HttpRequest) -> SafeString:
    """Return all claims of the session's token as JSON. Not verified here: the caller has just verified the token.

    Without header and signature, the claims cannot be used as a token.
    """
    held = session_token_of(request)
    claims: dict[str, Any] = parse_object(_payload(held.token)) if held else {}
    return marked_up(json.dumps(claims, indent=2, ensure_ascii=False), {})


def _payload(token: str) -> bytes:
    segment = token.split(".")[1]
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
