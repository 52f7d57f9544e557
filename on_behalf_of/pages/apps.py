from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "on_behalf_of.pages"
    label = "obo_pages"
    verbose_name = "Pages of delegated access"
