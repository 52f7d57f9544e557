from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config.environment import Environment
from config.service_command import service_command
from config.service_start import add_arguments, announcement, check_database, check_tools, options_for, variables_for
from on_behalf_of.serving.granian_command import become


class Command(BaseCommand):
    help = "Serve one of the three services in the foreground, with granian."
    requires_system_checks = ()  # their time is spent once, by `migrate` and `check`

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *, service: str, host: str, port: int | None, workers: int, threads: int, **_options: Any) -> None:
        """Serve what `config.service_start.serve_small` does not."""
        environment: Environment = settings.ENVIRONMENT
        options = options_for(environment, service=service, host=host, port=port, workers=workers, threads=threads)
        if service == "bridge":
            check_tools()
        else:
            check_database()
        if service == "tenant":
            call_command("seed_tenant", verbosity=0)
        self.stdout.write(announcement(service, options["host"], options["port"]))
        self.stdout.flush()
        arguments, extra = service_command(service, **options)
        become(arguments, extra | variables_for(environment, workers))
