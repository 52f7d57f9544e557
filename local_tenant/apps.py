from django.apps import AppConfig


class LocalTenantConfig(AppConfig):
    name = "local_tenant"
    verbose_name = "Local tenant"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from local_tenant import checks  # noqa: F401 - registers itself
