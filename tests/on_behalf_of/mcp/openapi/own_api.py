import json
from typing import Any

from on_behalf_of.drf.openapi.description import description


def own_description() -> dict[str, Any]:
    """Return the description of the reference's own API."""
    document: dict[str, Any] = json.loads(description())
    return document
