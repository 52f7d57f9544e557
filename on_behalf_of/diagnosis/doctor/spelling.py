"""Findings name environment variables. A project without them gets the keys of ON_BEHALF_OF in their place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from on_behalf_of.diagnosis.doctor.finding import Finding
from on_behalf_of.environment.entries import KEYS
from on_behalf_of.environment.tenant import AUTH0_DOMAIN, OAUTH_ISSUER

# A variable that sets keys of two rooms is spelled as the first one's: both take the same value.
_KEYS = {
    variable.name: f'ON_BEHALF_OF["{room}"]["{key}"]'
    for room, keys in reversed(KEYS.items())
    for key, variable in keys.items()
}
_EITHER = f"{OAUTH_ISSUER.name} or {AUTH0_DOMAIN.name}"
_VARIABLE = re.compile("|".join([_EITHER, *(rf"\b{name}\b" for name in sorted(_KEYS, key=len, reverse=True))]))


def by_keys(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings with the keys of ON_BEHALF_OF where they name variables."""
    for finding in findings:
        yield replace(
            finding, text=_spelled(finding.text), remedy=_spelled(finding.remedy), setting=_spelled(finding.setting)
        )


def _spelled(text: str) -> str:
    return _VARIABLE.sub(lambda found: _KEYS[OAUTH_ISSUER.name if found[0] == _EITHER else found[0]], text)
