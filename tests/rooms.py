"""The configuration of the library's rooms, as tests change it."""

from typing import Any

from pytest_django import Settings


def configure(settings: Settings, **rooms: Any) -> None:
    """Replace entries of ON_BEHALF_OF for one test: `configure(settings, API=replace(api_configuration(), …))`."""
    settings.ON_BEHALF_OF = settings.ON_BEHALF_OF | rooms
