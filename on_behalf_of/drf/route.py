from functools import lru_cache


@lru_cache(maxsize=4096)  # routes are as many as the URLconf has
def readable_route(pattern: str) -> str:
    """Return a route as people write it: `/orders/<pk>/` for the pattern `/^orders/(?P<pk>[^/.]+)/$` of DRF's routers.

    Routes of Django's `path` stay as they are.
    """
    if not any(mark in pattern for mark in "^$("):
        return pattern
    from django.contrib.admindocs.views import simplify_regex  # loads the admin, which few APIs need for their calls

    return str(simplify_regex(pattern)).replace("\\.", ".").replace("//", "/")
