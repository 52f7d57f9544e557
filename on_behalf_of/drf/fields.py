"""Serializer fields that keep a value unchanged or refuse it."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from rest_framework import serializers

from on_behalf_of.primitives.nul import NAMED, NUL

# Spelled out, because Python and JavaScript (ECMA-262) disagree about which characters are blank.
_BLANKS = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
)
SAYS_SOMETHING = RegexValidator(
    rf"^[^\u0000]*[^{_BLANKS}][^\u0000]*$", "This field may not be blank.", code="blank"
)  # at least one visible character


class Text(serializers.CharField):
    """A JSON string, kept unchanged; DRF's own field also converts numbers and strips blanks.

    A NUL is refused first, so that it is the only error reported.
    """

    default_error_messages: ClassVar = {"nul": "{field} must not contain {nul}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if NUL in data:
            self.fail("nul", field=self.field_name, nul=NAMED)
        return super().to_internal_value(data)
