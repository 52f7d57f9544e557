from collections.abc import Mapping

from django.apps import AppConfig


class DrfConfig(AppConfig):
    name = "on_behalf_of.drf"
    label = "obo_drf"
    verbose_name = "Delegated access in Django REST framework"

    @property
    def audit_reasons(self) -> Mapping[str, str]:
        """Reason codes that this app gives to recorded calls, each in a sentence; the log's admin shows them."""
        from on_behalf_of.drf.reasons import REASONS

        return REASONS

    def ready(self) -> None:
        from on_behalf_of.drf import checks  # noqa: F401 - registers them
        from on_behalf_of.drf.configuration import api_configuration

        api_configuration()  # a mistake in the settings ends the start here, not the first call
