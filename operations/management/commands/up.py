import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from config.environment import Environment
from config.service_start import another_address, default_port
from on_behalf_of.serving.start_conditions import refuse_busy_port
from operations.stack import SERVICES, Stack, StackError, terminate_like_interrupt

RESTART_PAUSE = 1.0  # seconds between checks of the services


class Command(BaseCommand):
    help = "Prepare the database, start all services, and keep them up until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plain", action="store_true", help="print the banner without colours and frames")

    def handle(self, *, plain: bool, **_options: Any) -> None:
        check = terminate_like_interrupt()
        try:
            self._up(check, plain=plain)
        except StackError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. All services have ended.")

    def _up(self, check: Callable[[], None], *, plain: bool) -> None:
        environment: Environment = settings.ENVIRONMENT
        # With a real tenant configured, the local one is not needed.
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
            raise CommandError(
                "The database does not answer. Check DATABASE_URL, and that the database server is running."
            ) from error
        with Stack(ports, environment={}, started_when="/readyz" if environment.is_local else "/healthz") as stack:
            self._banner(environment, plain=plain)
            if not all(service.is_ready() for service in stack.services):
                self.stderr.write(
                    f"The keys of {environment.issuer} are not available yet. The services refuse all tokens until "
                    "the tenant can be reached and its metadata names exactly this issuer. "
                    "To find the cause, run `manage.py doctor`."
                )
            self._watch(stack, check)

    def _watch(self, stack: Stack, check: Callable[[], None]) -> None:
        while True:
            check()
            time.sleep(RESTART_PAUSE)
            for name in stack.restart_dead():
                self.stderr.write(f"The {name} ended unexpectedly and was restarted.")

    def _banner(self, environment: Environment, *, plain: bool) -> None:
        from operations.banner import banner  # imports rich, which only the banner needs

        banner(environment, plain=plain)
