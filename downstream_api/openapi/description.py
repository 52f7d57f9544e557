"""The description as a document, drawn once in a process."""

import json
import threading
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from downstream_api.openapi.problems import COMPONENTS
from downstream_api.openapi.security import held_metadata

_lock = threading.Lock()  # drf-spectacular counts its warnings in one place for all threads


class DescriptionGenerator(SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        document: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        for kind, components in COMPONENTS.items():
            document["components"][kind] = dict(sorted((document["components"].get(kind, {}) | components).items()))
        return document


def description() -> bytes:
    """The document as JSON. It changes only when the tenant's endpoints do, or become known."""
    with _lock:
        return _drawn(held_metadata())


@cache
def _drawn(_metadata: object) -> bytes:
    document = DescriptionGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
