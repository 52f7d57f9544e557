"""The database that holds the log, as `ON_BEHALF_OF["AUDIT"]["DATABASE"]` names it."""

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from on_behalf_of.audit.configuration import audit_configuration


def log_alias() -> str:
    """Return the alias of the log's database."""
    return audit_configuration().database


def log_connection() -> BaseDatabaseWrapper:
    """Return this thread's connection to the log's database."""
    return connections[log_alias()]
