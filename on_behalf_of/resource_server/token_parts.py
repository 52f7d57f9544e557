"""Read what a token says, without verifying it, to show it to people."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from on_behalf_of.primitives.strict_json import MalformedJson, parse_object
from on_behalf_of.primitives.visible_text import is_hidden
from on_behalf_of.resource_server.actor import Actor, parse_actor
from on_behalf_of.resource_server.claims import MAX_NUMERIC_DATE, Claims
from on_behalf_of.resource_server.refusals import InvalidToken
from on_behalf_of.resource_server.token_rules import MAX_TOKEN_LENGTH

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class TokenParts:
    """A JWT's header and claims, empty if they cannot be read. The signature is left out, so that it is never shown."""

    count: int  # of the parts between dots: 3 in a signed JWT, 5 in an encrypted one
    header: Claims = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """Return the actors, the current one first; none if `act` is absent or malformed."""
        try:
            return parse_actor(self.claims["act"]).chain() if "act" in self.claims else ()
        except InvalidToken:
            return ()


def read_parts(token: str) -> TokenParts:
    """Return the parts of a token. Never raises."""
    if len(token) > MAX_TOKEN_LENGTH:
        return TokenParts(token.count(".") + 1)
    segments = token.split(".")
    if len(segments) != 3:  # noqa: PLR2004 - RFC 7515 §7.1
        # The header of an encrypted token is readable too (RFC 7516 §7.1).
        return TokenParts(len(segments), _read(segments[0]) if len(segments) > 1 else {})
    return TokenParts(3, _read(segments[0]), _read(segments[1]))


def _read(segment: str) -> Claims:
    try:
        return parse_object(base64.urlsafe_b64decode(segment.encode() + b"=" * (-len(segment) % 4)))
    except (ValueError, MalformedJson):
        return {}


def claimed_issuer(token: str) -> str | None:
    """Return the issuer that a token names, unverified; None if it is not a JWT, or names none.

    Use it only to choose who verifies the token.
    """
    issuer = read_parts(token).claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def shown(value: object) -> str:
    """Return a token's value as one line of JSON, without characters that hide, break or reorder text."""
    try:
        return safe(json.dumps(value, ensure_ascii=False))
    except RecursionError:  # parsing allows slightly deeper nesting than writing
        return "nested too deeply to be shown"


def safe(text: str) -> str:
    """Return the text with each hidden character replaced by a visible mark."""
    return "".join(REPLACEMENT if is_hidden(each) else each for each in text)


def duration(seconds: float) -> str:
    """Return a duration in words, by its two largest units."""
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
    """Return a NumericDate (RFC 7519 §2) in words, with its distance from now."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_NUMERIC_DATE:
        return "no time"
    distance = f"in {duration(value - now)}" if value > now else f"{duration(now - value)} ago"
    if abs(value - now) < 1:
        distance = "now"
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC, {distance}"
