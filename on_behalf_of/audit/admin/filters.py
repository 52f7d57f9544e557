"""The filters that a reviewer may set; everything in the URL is checked here."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from on_behalf_of.audit.admin import reasons
from on_behalf_of.audit.models import MAX_IDENTIFIER, Decision
from on_behalf_of.primitives.scope_syntax import SCOPE

PERIODS = {
    "1h": ("last hour", 1),
    "24h": ("last 24 hours", 24),
    "7d": ("last 7 days", 168),
    "30d": ("last 30 days", 720),
}
SEARCHED = ("subject", "actor", "token_id", "request_id", "trace_id")
# Columns that a filter compares with one value; each has an index that ends with the time.
EXACT = {"decision": "decision", "reason": "reason", "subject": "subject", "actor": "actor", "route": "route",
         "trace": "trace_id"}  # fmt: skip
YEARS = (1970, 9000)  # beyond these, a time zone could shift a date out of Python's range


class Moment(forms.DateTimeField):
    """A point in time, in UTC if no offset is given."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"], **kwargs)
        self.error_messages["invalid"] = "Enter a date and time such as 2026-11-22T09:30."

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment is None:
            return None
        if not YEARS[0] <= moment.year <= YEARS[1]:
            raise forms.ValidationError(f"The year must be between {YEARS[0]} and {YEARS[1]}.")
        return moment.astimezone(UTC)


def _text(label: str, length: int = MAX_IDENTIFIER, **kwargs: Any) -> forms.CharField:
    # Not stripped: a value that is compared exactly may begin with a blank. Django's field refuses NULs.
    return forms.CharField(label=label, required=False, max_length=length, strip=False, **kwargs)


class AccessFilter(forms.Form):
    """The filters as a form. If it is valid, `conditions()` and `is_sparse` say how to query; if not, it shows why."""

    q = _text("Search", MAX_IDENTIFIER + 8)
    decision = forms.ChoiceField(required=False, choices=[("", "any"), *Decision.choices])
    reason = forms.ChoiceField(required=False, choices=reasons.choices)
    subject = _text("User")
    actor = _text("Current actor")
    route = _text("Route", 512)
    scope = _text(
        "Scope",
        validators=[RegexValidator(SCOPE, "Enter one scope, without spaces, quotation marks or backslashes.")],
    )
    trace = _text("Trace id", 32)
    period = forms.ChoiceField(
        label="Time", required=False, choices=[("", "any"), *((key, name) for key, (name, _) in PERIODS.items())]
    )
    since = Moment(label="From (UTC)")
    until = Moment(label="To (UTC)")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", "This is before the start.")
        return cleaned

    @property
    def values(self) -> dict[str, str]:
        """The filters as they are in the URL: for links, and for the record of an export."""
        return {name: str(self.data[name]) for name in self.fields if self.data.get(name)}

    @property
    def more_is_used(self) -> bool:
        return bool({"subject", "actor", "route", "scope", "trace", "since", "until"} & self.values.keys())

    def searched(self) -> list[Q]:
        """Return one condition for each way in which a row can match the search, each for a separate query.

        For one condition with OR, a database would collect and sort everything that matches.
        """
        wanted = self.cleaned_data["q"].strip()
        return [Q(**{column: wanted}) for column in SEARCHED] if wanted else [Q()]

    def conditions(self) -> Q:
        found = Q()
        for name, column in EXACT.items():
            if value := self.cleaned_data[name]:
                found &= Q(**{column: value})
        if scope := self.cleaned_data["scope"]:
            # A scope holds no character that JSON escapes, so its quoted form is found in the text of the list.
            found &= Q(_mentions("scopes", scope)) | Q(_mentions("scopes_required", scope))
        return found

    @property
    def is_sparse(self) -> bool:
        """Return whether no single index leads from one match to the next, so that many rows may lie in between."""
        asked = sum(bool(self.cleaned_data[name]) for name in (*EXACT, "q"))
        return bool(self.cleaned_data["scope"]) or asked > 1

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Return start and end, both included. A custom start or end overrides the preset."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        if not since and not until and (period := self.cleaned_data["period"]):
            since = timezone.now() - timedelta(hours=PERIODS[period][1])
        return since, until


def _mentions(column: str, scope: str) -> GreaterThan:
    return GreaterThan(StrIndex(Cast(column, TextField()), Value(f'"{scope}"')), Value(0))
