#!/usr/bin/env python
"""Entry point of every command; `python manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

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
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells count
    return 0


if __name__ == "__main__":
    sys.exit(main())
