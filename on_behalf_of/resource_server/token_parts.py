"""What a token says, whether or not it is true: for people who look at it, and for nothing else."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from on_behalf_of.primitives.strict_json import MalformedJson, parse_object
from on_behalf_of.primitives.visible_text import is_hidden
from on_behalf_of.resource_server.actor import Actor, parse_actor
from on_behalf_of.resource_server.claims import MAX_NUMERIC_DATE, Claims
from on_behalf_of.resource_server.errors import InvalidToken
from on_behalf_of.resource_server.token_rules import MAX_TOKEN_LENGTH

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class TokenParts:
    """A JWT taken apart without its signature, which is never shown. Empty where it cannot be read."""

    count: int  # of the parts between dots: 3 in a signed JWT, 5 in an encrypted one
    header: Claims = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """The current actor first; none where `act` is absent or malformed."""
        try:
            return parse_actor(self.claims["act"]).chain() if "act" in self.claims else ()
        except InvalidToken:
            return ()


def read_parts(token: str) -> TokenParts:
    if len(token) > MAX_TOKEN_LENGTH:
        return TokenParts(token.count(".") + 1)
    segments = token.split(".")
    if len(segments) != 3:  # noqa: PLR2004 - RFC 7515 §7.1
        # An encrypted one has a readable header all the same (RFC 7516 §7.1).
        return TokenParts(len(segments), _read(segments[0]) if len(segments) > 1 else {})
    return TokenParts(3, _read(segments[0]), _read(segments[1]))


def _read(segment: str) -> Claims:
    try:
        return parse_object(base64.urlsafe_b64decode(segment.encode() + b"=" * (-len(segment) % 4)))
    except (ValueError, MalformedJson):
        return {}


def claimed_issuer(token: str) -> str | None:
    """Return what a token says of its issuer, unverified; None if it is not a JWT, or names none.

    Good only for choosing who verifies the token.
    """
    issuer = read_parts(token).claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def shown(value: object) -> str:
    """A value of a token as one line of JSON; no character in it hides, breaks the line or turns it around."""
    try:
        return safe(json.dumps(value, ensure_ascii=False))
    except RecursionError:  # reading goes a little deeper than writing
        return "nested too deeply to be shown"


def safe(text: str) -> str:
    return "".join(REPLACEMENT if is_hidden(each) else each for each in text)


def duration(seconds: float) -> str:
    """Its two largest units, in words."""
    left = int(abs(seconds))
    found = []
    for name, length in _UNITS:
        number, left = divmod(left, length)
        if number:
            found.append(f"{number:,} {name}{'' if number == 1 else 's'}")
        elif found:
            break  # 1 day and 5 seconds is 1 day
    return " ".join(found[:2]) or "0 seconds"


def moment(value: object, *, now: float) -> str:
    """A NumericDate (RFC 7519 §2) as people say it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_NUMERIC_DATE:
        return "no time"
    distance = f"in {duration(value - now)}" if value > now else f"{duration(now - value)} ago"
    if abs(value - now) < 1:
        distance = "now"
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC, {distance}"
