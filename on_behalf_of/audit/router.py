from typing import Any

from django.db.models import Model

from on_behalf_of.audit.configuration import audit_configuration

APP = "obo_audit"


class AuditRouter:
    """Keep the log's tables in the database that `ON_BEHALF_OF["AUDIT"]` names, and nowhere else.

    Put it first in DATABASE_ROUTERS if that database is not the default one.
    """

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        return audit_configuration().database if model._meta.app_label == APP else None  # noqa: SLF001 - Django's documented name

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        return db == audit_configuration().database if app_label == APP else None
