from collections.abc import Mapping
from typing import Any

from on_behalf_of.serving.granian_command import granian_command, granian_server

INTERFACES = {"api": "rsgi", "bridge": "asgi", "tenant": "rsgi"}


def service_command(service: str, **options: Any) -> tuple[list[str], dict[str, str]]:
    """Return what runs one of the three services; `options` are those of `granian_command`."""
    return granian_command(_application(service), **_named(service), **options)


def service_server(service: str, variables: Mapping[str, str], **options: Any) -> Any:
    """Return the server of one of the three services, for this process; `options` are those of `granian_server`."""
    return granian_server(_application(service), variables, **_named(service), **options)


def _application(service: str) -> str:
    return f"config.{service}.{INTERFACES[service]}:application"


def _named(service: str) -> dict[str, Any]:
    return {"interface": INTERFACES[service], "settings": f"config.{service}.settings"}
