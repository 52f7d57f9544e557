from django.apps import AppConfig


class DownstreamApiConfig(AppConfig):
    name = "downstream_api"
    verbose_name = "Downstream API"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from downstream_api import checks  # noqa: F401 - registers itself
