from urllib.parse import urlsplit

from django.core.exceptions import DisallowedRedirect
from django.http import HttpResponse
from django.utils.encoding import iri_to_uri

from local_tenant.redirect_uris import ALLOWED_SCHEMES

# The longest path and query that this service accepts, in characters; close to granian's own maximum. Clients keep data
# in `state`, which grows when it is encoded into the URL of the login page.
MAX_URL = 65_000


class LongRedirect(HttpResponse):
    """A redirect to a path of this site or to a registered redirect URI, which may have a native application's scheme.

    Django's own refuses targets beyond 16,384 characters. Not checked: where the target leads.
    """

    status_code = 302

    def __init__(self, target: str) -> None:
        super().__init__()
        location = iri_to_uri(target)
        if urlsplit(location).scheme not in {"", *ALLOWED_SCHEMES}:
            raise DisallowedRedirect("The target of a redirect has a scheme that is not allowed.")
        self.headers["Location"] = location

    @property
    def url(self) -> str:
        return self.headers["Location"]
