from typing import Any

from on_behalf_of.serving.granian_command import granian_command

INTERFACES = {"api": "rsgi", "bridge": "asgi", "tenant": "rsgi"}


def service_command(service: str, **options: Any) -> tuple[list[str], dict[str, str]]:
    """Return what runs one of the three services; `options` are those of `granian_command`."""
    interface = INTERFACES[service]
    application, settings = f"config.{service}.{interface}:application", f"config.{service}.settings"
    return granian_command(application, interface=interface, settings=settings, **options)
