from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.db.backends.utils import CursorWrapper

from on_behalf_of.audit.database import log_alias, log_connection
from on_behalf_of.audit.triggers import PROTECTED

ONLY_THE_OWNERS = "obo_audit_tombstone"  # left by audit_prune


class Command(BaseCommand):
    help = "Let a PostgreSQL role read the audit log and add to it, but not change it. Run it as the tables' owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="the role that the services connect as; made if it is missing")
        parser.add_argument("--password-file", type=Path, help="a file with the password for the role")

    def handle(self, *, role: str, password_file: Path | None, **_options: Any) -> None:
        if log_connection().vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles: check DATABASE_URL.")
        try:
            password = password_file.read_text(encoding="utf-8").strip() if password_file else ""
        except OSError as error:
            raise CommandError(f"{password_file} cannot be read ({error.strerror}).") from error
        try:
            with transaction.atomic(using=log_alias()), log_connection().cursor() as cursor:
                _make(cursor, role, password)
                _grant(cursor, role)
        except DatabaseError as error:
            raise CommandError(f"Nothing was granted: {str(error).splitlines()[0]}.") from error
        self.stdout.write(f"{role} may read the log and add to it; any rights to change it were revoked.")


def _make(cursor: CursorWrapper, role: str, password: str) -> None:
    name = log_connection().ops.quote_name(role)
    cursor.execute("SELECT rolsuper, rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
    found = cursor.fetchone()
    if found is None:
        cursor.execute(f"CREATE ROLE {name} LOGIN")
    elif any(found):
        raise CommandError(f"{role} owns the tables or is a superuser: name another role for the services.")
    if password:  # hashed here, so that the server's log cannot show it
        pgconn = log_connection().connection.pgconn
        verifier = pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        cursor.execute(f"ALTER ROLE {name} PASSWORD %s", [verifier.decode()])


def _grant(cursor: CursorWrapper, role: str) -> None:
    """Grant what docs/audit.md describes under "PostgreSQL with a separate owner"."""
    name = log_connection().ops.quote_name(role)
    protected = ", ".join(PROTECTED)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {protected} FROM {name}",
        f"REVOKE INSERT ON {ONLY_THE_OWNERS} FROM {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ):
        cursor.execute(statement)
