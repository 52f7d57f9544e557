from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand

from on_behalf_of.mcp.models import ToolCall

BATCH = 5_000  # rows in one transaction, so that calls don't wait long for the database


class Command(BaseCommand):
    help = "Delete records of tool calls from before a day. The audit log of the API is not touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", type=_day, required=True, help="a day in UTC, such as 2026-01-31; it is kept")

    def handle(self, *, before: datetime, **_options: Any) -> None:
        deleted, old = 0, ToolCall.objects.filter(time__lt=before).order_by("time")
        while batch := list(old.values_list("pk", flat=True)[:BATCH]):
            deleted += ToolCall.objects.filter(pk__in=batch).delete()[0]
        self.stdout.write(f"{deleted} records of tool calls from before {before:%Y-%m-%d} are deleted.")


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise ArgumentTypeError("must be a day such as 2026-01-31") from error
