from django import template
from django.utils.safestring import SafeString

from on_behalf_of.primitives import visible_text

register = template.Library()


@register.filter
def isolated(text: object, length: int | None = None) -> SafeString:
    """Return untrusted text as HTML that is safe to show; see `visible_text`."""
    # Django loads this library in every project, also in one without an admin, for whose pages alone this is.
    from on_behalf_of.audit.admin import visible_text as marked_up

    return marked_up.isolated(text, length)


@register.filter
def escaped(text: object) -> str:
    """Return the same without markup, for attributes and pictures."""
    return visible_text.escaped(str(text))
