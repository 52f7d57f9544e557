from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "on_behalf_of.serving"
    label = "obo_serving"
    verbose_name = "Serving"
