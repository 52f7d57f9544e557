from django.apps import AppConfig


class DrfConfig(AppConfig):
    name = "on_behalf_of.drf"
    label = "obo_drf"
    verbose_name = "Delegated access in Django REST framework"

    def ready(self) -> None:
        from on_behalf_of.drf import checks  # noqa: F401 - registers them
