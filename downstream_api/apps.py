from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class DownstreamApiConfig(AppConfig):
    name = "downstream_api"
    verbose_name = "Downstream API"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from downstream_api import auditors

        post_migrate.connect(_protect_log, sender=self)
        post_migrate.connect(auditors.make_groups, sender=self)


def _protect_log(*, using: str, **_kwargs: object) -> None:
    """Whatever tables were rebuilt by whichever migration: afterwards, the log's triggers are there."""
    from downstream_api.audit.triggers import missing_triggers, put_back

    connection = connections[using]
    if missing_triggers(connection):
        put_back(connection)
