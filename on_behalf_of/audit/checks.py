"""System checks: settings of the log that are missing, or that do less than they seem to."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register
from django.db import DEFAULT_DB_ALIAS, connections, router

from on_behalf_of.audit.configuration import audit_configuration

ENGINE = "on_behalf_of.audit.postgresql"


@register()
def somebody_seals_the_log(**_kwargs: Any) -> list[CheckMessage]:
    """Warn if the project has not decided who seals the log."""
    if audit_configuration().sealing is not None:
        return []
    return [
        checks.Warning(
            'ON_BEHALF_OF["AUDIT"] does not say who seals the log, so rows stay unsealed.',
            hint='Set "SEALING" to "thread", or to "command" and run `manage.py audit_seal` from a timer.',
            id="obo_audit.W001",
        )
    ]


@register()
def the_log_has_its_database(**_kwargs: Any) -> list[CheckMessage]:
    """Report routers that look for the log's tables in another database than its rows are written to."""
    from on_behalf_of.audit.models import DelegatedAccess

    alias = audit_configuration().database
    if router.db_for_write(DelegatedAccess) == router.db_for_read(DelegatedAccess) == alias:
        return []
    return [
        checks.Error(
            f"The log is in the database {alias!r}, but Django's routers send its models to another one.",
            hint="Put on_behalf_of.audit.router.AuditRouter first in DATABASE_ROUTERS.",
            id="obo_audit.E002",
        )
    ]


@register()
def waits_for_the_database_can_be_limited(**_kwargs: Any) -> list[CheckMessage]:
    """Warn if a frozen PostgreSQL server would keep callers waiting, because Django's own engine has no limit."""
    database = connections[audit_configuration().database]
    if database.vendor != "postgresql" or database.settings_dict["ENGINE"] == ENGINE:
        return []
    alias = "" if database.alias == DEFAULT_DB_ALIAS else f" of the database {database.alias!r}"
    return [
        checks.Warning(
            "Callers wait until PostgreSQL answers: Django's own engine cannot end such a wait.",
            hint=f'Set ENGINE{alias} to "{ENGINE}", which is Django\'s with a time limit.',
            id="obo_audit.W003",
        )
    ]
