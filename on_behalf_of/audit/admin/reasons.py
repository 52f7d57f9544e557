"""Sentences for reason codes: why a call was decided the way it was."""

from collections.abc import Mapping

from django.apps import apps

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.audit.models import DelegatedAccess


def sentences() -> Mapping[str, str]:
    """Return a sentence for each code that a row may hold: those of the installed apps, and the project's own.

    An app names its codes in the attribute `audit_reasons` of its AppConfig.
    """
    named: dict[str, str] = {}
    for app in apps.get_app_configs():
        named |= getattr(app, "audit_reasons", {})
    return named | dict(audit_configuration().reasons)


def choices() -> list[tuple[str, str]]:
    return [("", "any"), *((code, code) for code in sorted(sentences()))]


def explanation(row: DelegatedAccess) -> str:
    """Return one sentence about the decision. For an unknown code, it says that the code is unknown."""
    if row.reason:
        return sentences().get(row.reason, "This version of the admin does not know this code.")
    if row.decision == "allowed":
        return "The token was verified, and had every scope that the operation needs."
    return "No reason was recorded."
