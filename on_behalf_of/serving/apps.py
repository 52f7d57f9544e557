from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "on_behalf_of.serving"
    label = "obo_serving"
    verbose_name = "Serving"

    def ready(self) -> None:
        from on_behalf_of.serving import checks  # noqa: F401 - registers them
