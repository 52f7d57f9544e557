"""Reason codes in sentences: why a call was decided as it was."""

from collections.abc import Mapping

from django.conf import settings

from on_behalf_of.audit.configuration import AuditConfiguration
from on_behalf_of.audit.models import DelegatedAccess


def sentences() -> Mapping[str, str]:
    """Return a sentence for each code that a row may hold."""
    configuration: AuditConfiguration = settings.AUDIT_LOG
    return configuration.reasons


def choices() -> list[tuple[str, str]]:
    return [("", "any"), *((code, code) for code in sorted(sentences()))]


def explanation(row: DelegatedAccess) -> str:
    """Return one sentence about the decision. An unknown code gets none of the meanings of known ones."""
    if row.reason:
        return sentences().get(row.reason, "This code is not known to this version of the admin.")
    if row.decision == "allowed":
        return "The token was verified, and held every scope that the operation needs."
    return "No reason was recorded."
