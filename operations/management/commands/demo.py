import asyncio
import logging
import os
import subprocess
import sys
import tempfile
from argparse import SUPPRESS, ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.environment import BASE_DIR, Environment
from config.service_start import default_port
from operations.stack import SERVICES, Stack, StackError, free_ports, local_environment, terminate_like_interrupt


class Command(BaseCommand):
    help = "Run the whole On-Behalf-Of chain on free ports with a temporary database, and explain each step."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--in", dest="scratch", help=SUPPRESS)  # the second half, inside its own environment

    def handle(self, *, scratch: str | None, **_options: Any) -> None:
        terminate_like_interrupt()
        try:
            if scratch is None:
                self._with_scratch_directory()
            else:
                self._tell(Path(scratch))
        except KeyboardInterrupt:
            raise CommandError("Stopped. All services have ended.") from None

    def _with_scratch_directory(self) -> None:
        with tempfile.TemporaryDirectory(prefix="on-behalf-of-demo-") as scratch:
            environment = local_environment(dict(zip(SERVICES, free_ports(3), strict=True)), Path(scratch))
            command = [sys.executable, "manage.py", "demo", "--in", scratch]
            result = subprocess.run(command, cwd=BASE_DIR, env=os.environ | environment, check=False)  # noqa: S603
        if result.returncode:
            sys.exit(result.returncode)  # it has printed the reason

    def _tell(self, scratch: Path) -> None:
        # Imported here because they are slow to import and only the demo needs them.
        from operations.demo.narrator import Story
        from operations.demo.story import Demo, audit_rows, reason_of, verify_log

        logging.disable(logging.WARNING)  # of the client's library; the services write logs of their own
        environment: Environment = settings.ENVIRONMENT
        ports = {name: default_port(environment, name) for name in SERVICES}
        story = Story()
        story.chapter("Three services start, each in its own process")
        with ExitStack() as running:
            try:
                with story.working("preparing a temporary database …"):
                    call_command("migrate", verbosity=0)
                    call_command("seed_tenant", verbosity=0)
                with story.working("starting tenant, API and bridge …"):
                    stack = Stack(ports, environment={}, log_dir=scratch)
                    running.enter_context(stack)
                for service in stack.services:
                    story.good(f"{service.name} at {service.url}/")
                asyncio.run(Demo(environment, story).run())
            except StackError as error:
                raise CommandError(str(error)) from error
            except Exception as error:
                raise CommandError(f"The demo failed: {reason_of(error)}") from error
        story.chapter("What the API recorded")
        story.table(["time", "user", "through", "call", "decision"], audit_rows())
        story.chapter("Proof that the record was not altered")
        verify_log(story, scratch / "head.json")
        story.say("")
        story.say("Everything worked. To try it yourself, run `make run`, which keeps the services up.")
