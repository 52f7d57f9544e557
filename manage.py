#!/usr/bin/env python
"""Entry point of every command; `python manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.primitives.console import spell_what_cannot_be_shown

SERVICES = ("api", "bridge", "tenant")


def main() -> int:
    spell_what_cannot_be_shown()
    # `serve` loads only the apps of the service it starts, and `doctor` goes on where nothing else does; every other
    # command sees the whole project.
    service = next((word for word in sys.argv[2:] if word in SERVICES), None)
    match sys.argv[1:2]:
        case ["serve"] if service:
            settings = f"config.{service}.settings"
        case ["doctor"]:
            settings = "config.doctor_settings"
        case _:
            settings = "config.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    try:
        status = _serve() if service and sys.argv[1] == "serve" else None
        if status is None:
            from django.core.management import execute_from_command_line  # slow to load

            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells count
    return status or 0


def _serve() -> int | None:
    """Serve without loading Django in this process; None if that is not possible, and the command is needed."""
    from config.service_start import serve_small

    try:
        return serve_small(sys.argv[2:])
    except Exception as error:
        from django.core.management.base import CommandError

        if not isinstance(error, CommandError):
            raise
        sys.stderr.write(f"CommandError: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
