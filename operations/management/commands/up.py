import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from config.environment import Environment
from config.management.commands.serve import another_address, default_port
from on_behalf_of.serving.start_conditions import refuse_busy_port
from operations.stack import SERVICES, Stack, StackError, terminate_like_interrupt

RESTART_PAUSE = 1.0  # seconds between looks at the services


class Command(BaseCommand):
    help = "Prepare the database and keep all services up, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plain", action="store_true", help="print the banner without colours and frames")

    def handle(self, *, plain: bool, **_options: Any) -> None:
        check = terminate_like_interrupt()
        try:
            self._up(check, plain=plain)
        except StackError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("\nStopped; nothing is left running.")

    def _up(self, check: Callable[[], None], *, plain: bool) -> None:
        environment: Environment = settings.ENVIRONMENT
        # A tenant of your own needs no stand-in beside it.
        names = [name for name in SERVICES if name != "tenant" or environment.is_local]
        ports = {name: default_port(environment, name) for name in names}
        for name, port in ports.items():
            remedy = another_address(environment, name, taken=ports.values())
            if list(ports.values()).count(port) > 1:
                raise CommandError(f"Two services would listen on port {port}: {remedy}.")
            refuse_busy_port("127.0.0.1", port, remedy=remedy)
        try:
            call_command("migrate", verbosity=0)
            if environment.is_local:
                call_command("seed_tenant", verbosity=0)
        except DatabaseError as error:
            raise CommandError("The database does not answer: check DATABASE_URL and that its server runs.") from error
        with Stack(ports, environment={}, started_when="/readyz" if environment.is_local else "/healthz") as stack:
            self._banner(environment, plain=plain)
            if not all(service.is_ready() for service in stack.services):
                self.stderr.write(
                    f"The keys of {environment.issuer} are not there yet: tokens are refused until that tenant "
                    "can be reached and publishes its metadata under exactly this name. "
                    "`manage.py doctor` looks for the cause."
                )
            self._watch(stack, check)

    def _watch(self, stack: Stack, check: Callable[[], None]) -> None:
        while True:
            check()
            time.sleep(RESTART_PAUSE)
            for name in stack.restart_dead():
                self.stderr.write(f"The {name} ended unexpectedly and was started again.")

    def _banner(self, environment: Environment, *, plain: bool) -> None:
        from operations.banner import banner  # rich is wanted here only

        banner(environment, plain=plain)
