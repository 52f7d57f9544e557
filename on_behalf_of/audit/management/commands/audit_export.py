import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.audit.export import rows_as_json, signed_head
from on_behalf_of.audit.logs import LOG_NAMED
from on_behalf_of.audit.operator import system_user
from on_behalf_of.audit.seal_keys import KeysUnusable, seal_key
from on_behalf_of.audit.sealing import CounterWentBack, end_of, seal_finished_rows
from on_behalf_of.audit.state import record_export


class Command(BaseCommand):
    help = "Write the log as JSON Lines, or its signed head, to keep where the database's owner cannot reach it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--head", type=Path, metavar="FILE", help="write the signed end of the chain of seals")
        what.add_argument("--log", choices=LOG_NAMED, default="access", help="which rows to write (default: access)")
        parser.add_argument("--output", type=Path, metavar="FILE", help="a new file (default: standard output)")

    def handle(self, *, head: Path | None, log: str, output: Path | None, **_options: Any) -> None:
        configuration = audit_configuration()
        try:
            if head:
                record_export(system_user(), "head", {})
                seal_finished_rows(configuration)
                key = seal_key(configuration.seal_key_file, configuration.public_keys_file)
                head.write_text(signed_head(key), encoding="ascii")
            else:
                _, sealed = end_of(LOG_NAMED[log])
                record_export(system_user(), "json-lines", {"log": log}, sealed)
                self._write(log, output)
        except (KeysUnusable, CounterWentBack) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written ({error.strerror}).") from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was exported, because the export cannot be recorded: {error}") from error

    def _write(self, log: str, output: Path | None) -> None:
        file = output.open("x", encoding="ascii") if output else sys.stdout
        try:
            for line in rows_as_json(LOG_NAMED[log]):
                file.write(line + "\n")
        finally:
            if output:
                file.close()
