import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from on_behalf_of.audit.configuration import AuditConfiguration, audit_configuration
from on_behalf_of.audit.database import log_connection
from on_behalf_of.audit.models import LogOperation
from on_behalf_of.audit.operator import system_user
from on_behalf_of.audit.seal_keys import KeysUnusable, rotate
from on_behalf_of.audit.sealing import CounterWentBack, seal_finished_rows

PAUSE = 2.0  # seconds


class Command(BaseCommand):
    help = (
        "Seal what the audit log has recorded. With SEALING set to thread, the API's processes also do it themselves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="keep sealing until Ctrl-C")
        parser.add_argument(
            "--rotate-key",
            action="store_true",
            help="first make a new key; the old public key is kept for verification",
        )

    def handle(self, *, watch: bool, rotate_key: bool, **_options: Any) -> None:
        configuration = audit_configuration()
        try:
            if rotate_key:
                seal_finished_rows(configuration)  # with the old key
                key = rotate(configuration.seal_key_file, configuration.public_keys_file)
                LogOperation.objects.create(kind=LogOperation.Kind.ROTATE_KEY, by=system_user(), what=key.id)
                self.stdout.write(f"Seals are signed with key {key.id} from now on.")
            self._say(seal_finished_rows(configuration))
        except (KeysUnusable, CounterWentBack) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database does not answer ({type(error).__name__}).") from error
        try:
            while watch:
                time.sleep(PAUSE)
                self._again(configuration)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _again(self, configuration: AuditConfiguration) -> None:
        try:
            if count := seal_finished_rows(configuration):
                self._say(count)
        except (DatabaseError, KeysUnusable, CounterWentBack) as error:
            self.stderr.write(f"Not sealed: {error}")
            log_connection().close()

    def _say(self, count: int) -> None:
        self.stdout.write(f"Sealed {count} rows.")
        self.stdout.flush()
