"""The OpenAPI document, generated once in each process."""

import json
import threading
from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from on_behalf_of.drf.openapi.problems import COMPONENTS
from on_behalf_of.drf.openapi.security import held_metadata
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata

_lock = threading.Lock()  # drf-spectacular counts warnings in a global variable


class DescriptionGenerator(SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        document: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        for kind, components in COMPONENTS.items():
            document["components"][kind] = dict(sorted((document["components"].get(kind, {}) | components).items()))
        return document


def description() -> bytes:
    """Return the document as JSON. It changes only when the tenant's endpoints change or become known."""
    with _lock:
        return _drawn(api_configuration(), held_metadata())


@lru_cache(maxsize=1)
def _drawn(_configuration: ApiConfiguration, _metadata: IssuerMetadata | None) -> bytes:
    """Generate the document. The arguments are the cache's key: besides the code, the document depends only on them."""
    document = DescriptionGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
