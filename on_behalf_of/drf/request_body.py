from django.conf import settings
from django.http import UnreadablePostError
from rest_framework.request import Request

from on_behalf_of.drf.refusals import RequestTimeout

FORM = "multipart/form-data"


def read_body(request: Request) -> None:
    """Read the body of a change before its transaction is opened, so that a slow upload does not hold one open.

    A body that Django would keep in memory is read into memory, and the view can parse it in any way. Larger bodies and
    multipart forms go through the view's parsers. Raises what those raise, and RequestTimeout.
    """
    whole = request._request  # noqa: SLF001 - Django's own request
    limit: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    is_large = limit is not None and _length(whole.META.get("CONTENT_LENGTH")) > limit
    try:
        _ = request.data if is_large or whole.content_type == FORM else whole.body
    except UnreadablePostError as error:
        raise RequestTimeout from error


def _length(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
