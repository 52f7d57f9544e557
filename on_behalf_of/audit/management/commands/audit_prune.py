from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.audit.operator import system_user
from on_behalf_of.audit.pruning import TooYoung, prune
from on_behalf_of.audit.seal_keys import KeysUnusable
from on_behalf_of.audit.verification import Broken, CannotVerify


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise ArgumentTypeError("must be a date such as 2025-01-31") from error


class Command(BaseCommand):
    help = "Drop rows sealed before a date, whole seals only, leaving a signed tombstone. Run it as the tables' owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", type=_day, required=True, metavar="DATE", help="such as 2025-01-31, in UTC")

    def handle(self, *, before: datetime, **_options: Any) -> None:
        try:
            pruned = prune(before, by=system_user(), configuration=audit_configuration())
        except Broken as error:
            raise CommandError(f"Nothing was dropped, because the log is broken. {error}.") from error
        except (TooYoung, CannotVerify, KeysUnusable) as error:
            raise CommandError(f"Nothing was dropped. {error}") from error
        except DatabaseError as error:
            raise CommandError(f"The database refused: {error}") from error
        self.stdout.write(f"Dropped {pruned.rows} rows under {pruned.seals} seals.")
