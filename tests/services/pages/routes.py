"""Print the routes of a service as its own process has them. Run it with that service's DJANGO_SETTINGS_MODULE.

Lists and forms that Django's admin has for every model count as one route each, unless a model has a view or
a template of its own for them.
"""

import json
from collections.abc import Iterator
from typing import Any

import django
from django.contrib.admin import ModelAdmin
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import URLResolver, get_resolver

TEMPLATES = ("change_list", "change_form", "delete_confirmation", "object_history")


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield _without_model(route, pattern.callback)


def _without_model(route: str, view: Any) -> str:
    model_admin: ModelAdmin[Any] | None = getattr(view, "model_admin", None)
    if model_admin is None:
        return route
    place = f"{model_admin.opts.app_label}/{model_admin.opts.model_name}/"
    module = view.__wrapped__.__module__
    is_redirect = module == "django.views.generic.base"  # from an object's old address to its form
    has_own = module != "django.contrib.admin.options" or any(
        _exists(f"admin/{place}{name}.html") for name in TEMPLATES
    )
    return route.replace(place, "<app>/<model>/") if is_redirect or not has_own else route


def _exists(template: str) -> bool:
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return False
    return True


if __name__ == "__main__":
    django.setup()
    print(json.dumps(sorted(set(routes(get_resolver().url_patterns)))))
