from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from local_tenant.seed import seed
from local_tenant.signing_keys import signing_key


class Command(BaseCommand):
    help = "Create the local tenant's APIs, users, clients and signing key if they are missing. Safe to repeat."

    def handle(self, **options: Any) -> None:
        seed(settings.LOCAL_TENANT)
        signing_key()
        if options["verbosity"] > 1:
            self.stdout.write("The tenant is seeded.")
