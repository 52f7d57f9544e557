from django.apps import AppConfig


class DownstreamApiConfig(AppConfig):
    name = "downstream_api"
    verbose_name = "Downstream API"
