from collections.abc import Mapping
from importlib import import_module

from django.apps import AppConfig, apps
from django.conf import settings

from on_behalf_of.drf.openapi.mcp_tool import OWN_SCHEMA


def _describes_by_itself() -> bool:
    """Return whether the project describes its API with drf-spectacular but without this library's schema class.

    That class loads what it needs when the description is first requested, which keeps the start short.
    """
    schema = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_SCHEMA_CLASS")
    return apps.is_installed("drf_spectacular") and schema != OWN_SCHEMA


class DrfConfig(AppConfig):
    name = "on_behalf_of.drf"
    label = "obo_drf"
    verbose_name = "Delegated access in Django REST framework"

    @property
    def audit_reasons(self) -> Mapping[str, str]:
        """The reason codes that this app gives to recorded calls, each with a sentence for the log's admin."""
        from on_behalf_of.drf.reasons import REASONS

        return REASONS

    def ready(self) -> None:
        from on_behalf_of.drf import checks  # noqa: F401 - registers them
        from on_behalf_of.drf.configuration import api_configuration

        if _describes_by_itself():
            import_module("on_behalf_of.drf.openapi.security")  # registers the scheme with drf-spectacular
        api_configuration()  # so that a mistake in the settings stops the start, not the first call
