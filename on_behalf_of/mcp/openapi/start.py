"""Compare generated tools with the API when the MCP server starts."""

import logging
from collections.abc import Iterable
from pathlib import Path

from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.openapi.description import DescriptionUnavailable, fetched, own_view
from on_behalf_of.mcp.openapi.generated_tools import GeneratedTools

logger = logging.getLogger(__name__)

SECONDS = 3.0  # that a start waits for the API
_compared = set[Path]()


def compare_with_api(all_generated: Iterable[GeneratedTools], configuration: BridgeConfiguration) -> None:
    """Fetch the descriptions that are at URLs, and compare. Blocking. Raises ApiChanged.

    Each lock file is compared once in a process. If the API does not answer, the tools are used as they were locked.
    Descriptions that this process itself can make are compared by the system check, because they come from code that is
    installed together with the lock file.
    """
    http = UpstreamHttp(timeout=SECONDS, ca_file=configuration.key_fetching.ca_file, pool_size=1)
    for generated in all_generated:
        source, lock = generated.source, generated.lock
        if lock is None or lock in _compared or not isinstance(source, str) or own_view(source):
            continue
        try:
            generated.check(fetched(source, base_url=configuration.api_base_url, http=http))
        except DescriptionUnavailable as why:
            logger.warning(
                "The tools of %s are not compared with the API, and used as they were locked: %s",
                lock.name,
                why,
            )
        _compared.add(lock)
