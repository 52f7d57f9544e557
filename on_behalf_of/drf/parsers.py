from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from on_behalf_of.drf.refusals import ContentTooLarge
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object


class StrictJsonParser(BaseParser):
    """Parses JSON objects of bounded size. Refuses JSON that other parsers could read differently."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        limit: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # None: the project sets no limit
        body = stream.read() if limit is None else stream.read(limit + 1)
        if limit is not None and len(body) > limit:
            raise ContentTooLarge
        try:
            return parse_object(body)
        except MalformedJson as error:
            raise ParseError(f"The body is {error}.") from error
