from django.apps import AppConfig
from django.db.models.signals import post_migrate


class McpConfig(AppConfig):
    name = "on_behalf_of.mcp"
    label = "obo_mcp"
    verbose_name = "MCP bridge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from on_behalf_of.mcp import checks  # noqa: F401 - registers them
        from on_behalf_of.mcp.auditors import let_auditors_view

        post_migrate.connect(let_auditors_view, sender=self, dispatch_uid="on_behalf_of.mcp.auditors")
