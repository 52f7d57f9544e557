"""Name settings as the project sets them: as environment variables, or as keys of ON_BEHALF_OF."""

import re

from django.conf import settings

from on_behalf_of.environment.setting_from_environment import KEYS
from on_behalf_of.environment.tenant import AUTH0_DOMAIN, OAUTH_ISSUER
from on_behalf_of.primitives.declared_settings import SpelledElsewhere

# A variable that sets keys of two rooms is spelled as the first one's: both take the same value.
_KEYS = {
    variable.name: f'ON_BEHALF_OF["{room}"]["{key}"]'
    for room, keys in reversed(KEYS.items())
    for key, variable in keys.items()
}
_EITHER = f"{OAUTH_ISSUER.name} or {AUTH0_DOMAIN.name}"
_VARIABLE = re.compile("|".join([_EITHER, *(rf"\b{name}\b" for name in sorted(_KEYS, key=len, reverse=True))]))


def spelled(text: str) -> str:
    """Return a text with its variables spelled as this project spells them."""
    if _is_from_variables():
        return text
    return _VARIABLE.sub(lambda found: _KEYS[OAUTH_ISSUER.name if found[0] == _EITHER else found[0]], text)


def _is_from_variables() -> bool:
    """Return whether the operator sets variables. Assumed for configuration objects, because they don't say."""
    entries = settings.ON_BEHALF_OF.values()
    return all(isinstance(entry, SpelledElsewhere) or not isinstance(entry, dict) for entry in entries)
