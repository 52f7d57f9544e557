from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "on_behalf_of.audit"
    label = "obo_audit"
    verbose_name = "Delegated access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from on_behalf_of.audit import auditors, checks  # noqa: F401 - registers the checks
        from on_behalf_of.audit.configuration import audit_configuration

        audit_configuration()  # so that a mistake in the settings stops the start, not the first call
        post_migrate.connect(_protect_log, sender=self)
        post_migrate.connect(auditors.make_groups, sender=self)


def _protect_log(*, using: str, **_kwargs: object) -> None:
    """Put the log's triggers back, in case a migration rebuilt its tables."""
    from on_behalf_of.audit.database import log_alias
    from on_behalf_of.audit.triggers import missing_triggers, put_back

    if using != log_alias():
        return
    connection = connections[using]
    if missing_triggers(connection):
        put_back(connection)
