from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from local_tenant.signing_keys import rotate


class Command(BaseCommand):
    help = "Sign the tenant's tokens with a new key from now on; no restart is needed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drop-previous",
            action="store_true",
            help="stop publishing all earlier keys, for example after a leak; their tokens become invalid at once",
        )

    def handle(self, **options: Any) -> None:
        key = rotate(drop_previous=options["drop_previous"])
        self.stdout.write(f"Tokens are now signed with key {key.kid}.")
